#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_certificates() {
  return {"certificates", "What is a certificate, and what makes it good?", R"page(
A certificate is a signed statement: this public key belongs to this name,
from this day to that day, for this purpose. It is public, anybody may have
it. What must stay secret is the private key that fits it, because having the
key is what makes one the owner of the name.

# Who signs

A certificate authority (CA). Its own certificate is signed by a CA above it,
up to a root that signs itself. Clients carry a list of roots they trust.

    root CA             kept offline, lives for years
      issuing CA        does the daily signing
        broker          CN=broker, DNS:broker.wx.test, DNS:localhost
        station-0001    one per station, for clients only

The server sends its own certificate and the issuing CA's (fullchain.pem).
The root it leaves out: a client that does not have it will not believe it
for being sent.

# What is inside

    subject       whose it is; CN=station-0001 becomes the MQTT user name
    SAN           the DNS names and addresses that it is good for; clients
                  compare these with what they dialled and ignore the CN
    validity      not before, not after, in UTC
    key usage     what the key may do; the extended one says server or client
    constraints   CA:FALSE for leaves; for a CA the names it may sign for
    serial        unique per issuer; revocation lists speak of serials
    signature     of the issuer, over all of the above

# What a client checks

Is every signature in the chain good, up to a root I trust? Are we between
the dates? Does it bear the name I dialled? Is it made for this purpose? Has
it been revoked? One "no" ends the connection, and should.

# Your own CA or a public one

Stations, broker and internal API: your own. Public CAs do not issue client
certificates for devices, and need public names. Browsers of strangers: a
public CA such as Let's Encrypt. Both side by side is normal.

# How to keep keys

- One key per machine, made on that machine or brought there once.
- Mode 0600, or 0640 with the group of the program that reads it.
- Never in a repository, an image, a chat, or on a command line.
- The root's key away from the network: a USB stick in a drawer will do.
- Short lifetimes. A lost key that nobody noticed is harmful until it ends.
- A lost key that somebody noticed: revoke it, the same day.

# Try it

    wxsec certs init --dir certs --domain wx.test --stations 3
    wxsec certs inspect certs/broker/current/fullchain.pem
    wxsec certs check certs --within 30d

and by hand:

    openssl x509 -in certs/broker/current/cert.pem -noout -text
    openssl verify -x509_strict -CAfile certs/ca.pem \
      -untrusted certs/broker/current/chain.pem \
      certs/broker/current/cert.pem

Go on with: wxsec explain renewal, wxsec explain lets-encrypt
)page"};
}

}  // namespace wxsec::explain
