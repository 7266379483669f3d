#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_mqtt_risks() {
  return {"mqtt-risks", "What are the risks of unsecured MQTT, and what does TLS change?", R"page(
MQTT is a courier. A station hands the broker a message with a topic such as
wx/station-0001/reading, and the broker passes it to everybody who subscribed
to that topic. The protocol is from 1999 and was made for oil pipelines over
satellite links. It takes care of small packets and bad lines. It takes no
care of strangers: on port 1883 every byte travels as it is.

# What a stranger can do on port 1883

Read. Whoever shares the Wi-Fi, owns a router on the way or can mirror a
switch port sees each reading, and sees it without touching anything.

Steal the login. The first packet of a connection is CONNECT, and it carries
the user name and password as plain text, each after two bytes of length. One
captured packet is enough to log in from anywhere. See for yourself:

    wxsec lab --out /tmp/lab
    wxsec sniff -r /tmp/lab/plain.pcap --summary

Forge. Who has the login (or needs none) publishes to wx/station-0001/reading
like the station itself. Subscribers get a payload and a topic; MQTT tells
them nothing about who sent it. A forged frost warning costs real money.

Change in passing. Somebody on the path can replace the bytes of a reading,
and neither TCP's checksum nor MQTT notices.

Pretend to be the broker. The station cannot tell. It delivers its data, and
obeys commands, to whoever answers at that address.

Silence a station. A client that connects with another's client identifier
makes the broker hang up on the first one: that is in the standard.

# Does a password help?

Against somebody who merely scans the internet, yes. Against somebody who can
listen, no: the password is what is overheard. Passwords without encryption
keep honest people out.

# What TLS changes

TLS goes underneath: the same MQTT packets, in an encrypted tunnel, on port
8883 by custom. It brings three things, and it takes all three.

    secrecy       who listens sees lengths and times, not content
    integrity     who changes one bit breaks the connection
    authenticity  the broker proves its name with a certificate

With mutual TLS the station shows a certificate as well. Then no password
exists that could be stolen, and the broker knows which station is talking.
An access list can say that station-0001 writes below wx/station-0001 only.

# What TLS does not change

A station that is stolen or broken into sends lies with a valid certificate:
hence one certificate per station, and revocation. The broker itself reads
everything. An eavesdropper still sees who talks to whom, when, and how much.

# Try it

    wxsec certs init --dir certs --stations 3
    wxsec broker run --dir certs
    wxsec station run --dir certs --count 3
    wxsec attack plaintext --dir certs

The same by hand, with the tools of mosquitto:

    mosquitto_sub -h localhost -p 8883 --cafile certs/ca.pem \
      --cert certs/operator/current/fullchain.pem \
      --key certs/operator/current/privkey.pem -t 'wx/#' -v

Go on with: wxsec explain tls, wxsec explain interception
)page"};
}

}  // namespace wxsec::explain
