// Mosquitto reports a failed handshake in OpenSSL's words and mostly without a name: one and the
// same "certificate verify failed" stands for a stranger's CA, an expired certificate and a revoked
// one. The table says what each can mean and where to look; the client, who gets an alert with a
// reason, knows better, so the advice is mostly to ask there.
#include "src/broker/log_line.h"

#include <algorithm>
#include <array>

namespace wxsec::broker {
namespace {

struct Known {
  std::string_view part;  // of the line
  std::string_view meaning;
};

constexpr std::array kKnown = {
    Known{"certificate verify failed",
          "the broker refused a client's certificate: from another CA, expired, not yet valid, "
          "revoked, or made for servers. 'wxsec certs check' on the client's files names which"},
    Known{"peer did not return a certificate",
          "a client without a certificate was refused; it needs one: --cert and --key"},
    Known{"wrong version number",
          "a client spoke plaintext to the TLS port: use mqtts:// (mosquitto_pub: --cafile)"},
    Known{"http request", "somebody spoke HTTP to the MQTT port"},
    Known{"unsupported protocol", "a client offered only TLS versions older than the minimum"},
    Known{"no shared cipher", "the client offered none of the cipher suites of the configuration"},
    Known{"no suitable signature algorithm",
          "the client cannot check the broker's kind of key (EC beside an RSA-only client?)"},
    Known{"alert unknown ca",
          "the client refused the broker's certificate: it does not know our CA; give it ca.pem"},
    Known{"alert certificate expired",
          "the client refused the broker's certificate as expired: renew it, then reload (SIGHUP)"},
    Known{"alert certificate unknown",
          "the client refused the broker's certificate without a reason"},
    Known{"alert bad certificate",
          "the client refused the broker's certificate: wrong host name, or a damaged one"},
    Known{"alert handshake failure", "the client found nothing in common with the configuration"},
    Known{"unexpected eof",
          "the client hung up in the middle of the handshake: it refused the "
          "broker's certificate, or it was a port scan"},
    Known{"key values mismatch",
          "certificate and key do not belong together: NO client can connect until they do"},
    Known{"Unable to load server key",
          "the private key cannot be read or parsed: check its owner and mode"},
    Known{"Unable to load server certificate",
          "the certificate cannot be read or parsed: it must be PEM, leaf first"},
    Known{"Unable to load CA certificates", "the CA file cannot be read or holds no certificate"},
    Known{"Unable to load certificate revocation",
          "the CRL file cannot be read or is no CRL: 'wxsec certs init' writes one"},
    Known{"Permission denied", "the broker's user may not read (or write) that file"},
    Known{"Address already in use", "another program listens on that port already"},
    Known{"not authorised", "refused: unknown name, wrong password, or no name at all"},
    Known{"already connected, closing old connection",
          "a second client with the same certificate (or client id) came, and the first was thrown "
          "out: one certificate, one connection"},
    Known{"has exceeded timeout",
          "not a word for one and a half keep-alive spans: gone; its last will is sent"},
    Known{"closed its connection", "it went without saying goodbye; its last will is sent"},
    Known{"protocol error", "what came was not the MQTT that was expected"},
    Known{"Protocol error", "what came was not the MQTT that was expected"},
    Known{"malformed packet", "what came was not MQTT, or broken MQTT"},
    Known{"Outgoing messages are being dropped",
          "a subscriber reads more slowly than messages come: its queue is full"},
    Known{"oversize", "a packet over the size limit was refused"},
    Known{"Too many", "max_connections of the listener is reached"},
};

constexpr std::array<std::string_view, 6> kConnectionParts = {
    "New connection from ",   "New client connected from ", " disconnected.",
    " closed its connection", "has exceeded timeout",       "already connected, closing"};

constexpr std::array<std::string_view, 6> kTroubleParts = {"Error",   "error",   "not authorised",
                                                           "Warning", "dropped", "oversize"};

bool contains(std::string_view line, std::string_view part) {
  return line.find(part) != std::string_view::npos;
}

}  // namespace

std::string explain_log_line(std::string_view line) {
  const auto found = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Known& known) { return contains(line, known.part); });
  return found == kKnown.end() ? std::string{} : std::string(found->meaning);
}

bool is_connection_line(std::string_view line) {
  return std::any_of(kConnectionParts.begin(), kConnectionParts.end(),
                     [&](std::string_view part) { return contains(line, part); });
}

bool is_trouble(std::string_view line) {
  return std::any_of(kTroubleParts.begin(), kTroubleParts.end(),
                     [&](std::string_view part) { return contains(line, part); });
}

}  // namespace wxsec::broker
