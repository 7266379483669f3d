// Findings about TLS itself: versions, ciphers, and clients that believe whoever answers.
#include <array>

#include "src/report/catalogue_families.h"

namespace wxsec::report {
namespace {

using S = Severity;

constexpr std::array kEntries = {
    Entry{id::kOldProtocol, S::high, "the server accepts TLS 1.0 or TLS 1.1",
          "Both rest on MD5, SHA-1 and CBC modes that have been attacked for years, and RFC 8996 "
          "retired them in 2021. An attacker who can talk two parties down to them gets to use "
          "those attacks.",
          "Set the floor to TLS 1.2: `tls_version tlsv1.2` below the listener in mosquitto.conf "
          "(it is a minimum), `ssl_protocols TLSv1.2 TLSv1.3;` in nginx.",
          "wxsec attack downgrade --broker {}"},
    Entry{id::kWeakCipher, S::high, "a weak cipher suite is accepted",
          "NULL, anonymous, export, RC4, 3DES and static RSA suites either do not hide the data, "
          "do not prove the peer, or can be broken with what one rents for an afternoon.",
          "List only ECDHE suites with AES-GCM or ChaCha20-Poly1305 (`ciphers` in mosquitto.conf, "
          "`ssl_ciphers` in nginx); TLS 1.3 has no others.",
          "wxsec attack tls --broker {}"},
    Entry{
        id::kManInTheMiddle, S::critical,
        "a client talks to a man in the middle with a certificate of another CA",
        "Encryption to the wrong peer protects the attacker: the relay decrypts, reads, changes, "
        "and encrypts again, and both ends see a healthy TLS connection.",
        "Verify the broker's chain against your own CA (`--ca DIR/ca.pem`; Paho: set_verify(true) "
        "and set_trust_store) and remove every option called insecure or accept-any.",
        "wxsec attack mitm --broker {}"},
    Entry{id::kWrongNameAccepted, S::critical, "a client accepts a certificate for another name",
          "Any valid certificate then opens any connection: the owner of one station's certificate "
          "can play the broker for all the others.",
          "Turn host name verification on. Paho does not do it by default (set_verify(true)); "
          "mosquitto_pub must not be given --insecure.",
          "wxsec attack wrong-name --broker {}"},
    Entry{id::kMixedFlow, S::medium, "one connection carried both plaintext and TLS",
          "What was said before TLS began was readable and could be changed, including the wish to "
          "begin TLS at all.",
          "Use a port where TLS starts with the first byte (8883, 443) instead of upgrading.",
          "wxsec sniff -i lo --summary"},
    Entry{id::kNoForwardSecrecy, S::medium, "a key exchange without forward secrecy is in use",
          "With static RSA, whoever gets the server's key years later decrypts every connection "
          "that was recorded until then.",
          "Allow ECDHE suites only, or TLS 1.3 only.", "wxsec attack tls --broker {}"},
    Entry{id::kEarlyData, S::low, "the server accepts 0-RTT early data",
          "Early data can be replayed by whoever recorded it (RFC 8446 section 8): the same "
          "reading or command arrives twice.",
          "Turn early data off on ports that change anything (`ssl_early_data off;` in nginx; it "
          "is off in mosquitto).",
          "wxsec attack tls --broker {}"},
    Entry{id::kTlsOnPlainPort, S::low, "a client offered TLS to a port that does not speak it",
          "Nothing leaked, since the client hung up; but it gets no connection, and whoever mends "
          "that by turning TLS off in the client sends everything in the clear.",
          "Point the client to the TLS port (8883, 443), or give this listener a certificate.",
          "wxsec sniff -i lo --summary"},
};

}  // namespace

std::span<const Entry> tls_entries() { return kEntries; }

}  // namespace wxsec::report
