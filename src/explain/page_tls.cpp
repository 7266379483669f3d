#include "src/explain/pages.h"

namespace wxsec::explain {

PageSource page_tls() {
  return {"tls", "What is TLS, and how does it work?", R"page(
TLS (Transport Layer Security) turns a connection that anybody can read and
change into one where nobody can do either, between two parties that need
not have met. SSL was its name until 1999; people still say it, and every SSL
version is broken and long switched off. Today there are TLS 1.2 (2008) and
TLS 1.3 (2018); older ones were retired by RFC 8996.

# The problem in three parts

1. Two machines talk over a line on which everybody listens. How do they agree
   on a secret key that the listeners do not learn?
2. How does the client know that it agreed with the right machine, and not
   with somebody in between who holds two conversations?
3. How do both notice that a byte was changed, dropped or sent twice?

# The answers

Key agreement (ECDHE). Each side makes a fresh pair of numbers, one private
and one public, and sends the public one. From its own private number and the
other's public one each side computes the same secret; from the two public
numbers alone nobody can. The pairs are thrown away afterwards, so a server
key stolen next year does not open what was recorded today. That property is
called forward secrecy.

Certificates. The server sends a certificate, which says "this public key
belongs to broker.wx.test", signed by an authority that the client trusts,
and then signs the conversation so far with the matching private key. A
stranger can copy the certificate but cannot make that signature. The client
checks four things: the signature of the authority, the dates, the purpose,
and the name. Leave out one of them and TLS protects nothing.

Authenticated encryption (AEAD: AES-GCM, ChaCha20-Poly1305). Every record is
encrypted and carries a tag computed with the key and a counter. A changed,
missing or repeated record has a wrong tag, and the connection ends.

# A TLS 1.3 handshake

    client                                  server
      ClientHello   ---------------------->          versions, ciphers, name
                                                     it wants (SNI), its
                                                     public number
                    <----------------------  ServerHello: its public number
                        from here on encrypted
                    <----------------------  Certificate
                    <----------------------  CertificateVerify (signature)
                    <----------------------  Finished
      [Certificate, CertificateVerify]               only with mutual TLS
      Finished      ---------------------->
      data          <--------------------->  data

One round trip, then data. TLS 1.2 takes two, and shows the certificates to
whoever listens; 1.3 encrypts them. In both the name that the client wants is
readable in the ClientHello.

# Mutual TLS

By default only the server shows a certificate. A broker for stations asks
for one from the client too: then each station is known by name, and nobody
has a password. In TLS 1.3 the client finishes before the server has looked
at its certificate, so a refusal arrives as an alert after the connection
seemed to be up. Only the broker's CONNACK proves that one was let in.

# What an eavesdropper still sees

Addresses, ports, the server's name (SNI), when, how often, and how many
bytes. A reading every ten seconds looks like a reading every ten seconds.

# Try it

    wxsec certs init --dir certs
    wxsec broker run --dir certs
    wxsec certs inspect mqtts://localhost:8883 --dir certs

and with OpenSSL alone, which shows each step of the handshake:

    openssl s_client -connect localhost:8883 -CAfile certs/ca.pem \
      -verify_hostname localhost -verify_return_error -state </dev/null

Go on with: wxsec explain certificates, wxsec explain interception
)page"};
}

}  // namespace wxsec::explain
