#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_intrusion() {
  return {"intrusion", "How does one test one's own defences, and read the result?", R"page(
An intrusion test tries what a stranger would try, on one's own system, and
writes down what happened. It proves presence of holes, never their absence;
but a hole that was tried and is closed can be shown to be closed.

# Three answers, and the third one matters

    HELD           it was tried, and it was refused; here is the refusal
    BROKEN         it was tried, and it worked; here is what was gained
    INCONCLUSIVE   it could not be tried; nothing is known

A test that cannot reach the broker has not shown that the broker is safe. An
attempt that could not run never counts as held. For a refused attempt one
says HELD and not "failed": the refusal is the success.

# What makes evidence

- A closed port: the operating system answers "connection refused". That
  shows that plaintext is not served there. It says nothing about a broker
  that happens to be down, so wxsec also looks whether the TLS side is up.
- A plain client on a TLS port: the broker hangs up, or sends a TLS alert,
  and no CONNACK comes.
- A refused client certificate: the alert says which (certificate_required,
  unknown_ca, certificate_expired). With TLS 1.3 it arrives after the client
  believes to be connected, so only CONNACK 0 counts as getting in.
- A publish: MQTT 3.1.1 acknowledges even what the access list threw away.
  wxsec speaks MQTT 5, which says "not authorized" (0x87), and asks a second,
  legitimate client whether the message really arrived.
- A subscribe: brokers grant a subscription to # and then deliver nothing.
  Only a received message is a finding. wxsec sends one on purpose (a canary)
  and a ping after it: when the answer to the ping is there and the message
  is not, then it will not come.

# The attempts

    wxsec attack plaintext     no TLS: publish, subscribe, HTTP, listen in
    wxsec attack certs         wrong CA, expired, none, revoked
    wxsec attack tls           old versions
    wxsec attack impostors     wrong name, man in the middle
    wxsec attack all           all of them
    wxsec attack --list        each by name, with what it needs

Exit code 0: nothing at or above --fail-on was found; read how many attempts
were inconclusive. 1: something was. 5: you may not attack that host.

# Whose system

Loopback is free. Any other host needs a scope file, which names it, says who
gave the permission and when that ends, and its name typed once more. Without
that wxsec sends no packet and asks no name server. The scope file:

    targets = ["broker.wx.example"]
    expires = 2026-12-31T23:59:59Z
    authorised_by = "Jo Smith, owner, mail of 2026-11-20"

# Try it

    wxsec lab
    wxsec attack plaintext --broker mqtts://localhost:8883 --dir certs
    wxsec attack all --dir certs --json

and the same by hand; each of these three must fail (curl by its exit code 22:
without --fail it takes the server's refusal, a 400, for an answer like any):

    mosquitto_pub -h localhost -p 8883 -t wx/x/reading -m 99
    mosquitto_pub -h localhost -p 1883 -t wx/x/reading -m 99
    curl --fail http://localhost:8443/api/v1/stations

Go on with: wxsec explain interception, wxsec explain WX-MQTT-001
)page"};
}

}  // namespace wxsec::explain
