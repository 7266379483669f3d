// Mosquitto reports a failed handshake in OpenSSL's words and mostly without a name: one and the
// same "certificate verify failed" stands for a stranger's CA, an expired certificate and a revoked
// one. The table says what each can mean and where to look; the client, who gets an alert with a
// reason, knows better, so the advice is mostly to ask there.
#include "src/broker/log_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "src/explain/errors.h"

namespace wxsec::broker {
namespace {

struct Known {
  std::string_view part;  // of the line
  std::string_view meaning;
};

// Where the broker's side of the story is another than the dictionary of src/explain tells, which
// is asked for everything else.
constexpr std::array kKnown = {
    Known{"certificate verify failed",
          "the broker refused a client's certificate: from another CA, expired, not yet valid, "
          "revoked, or made for servers; 'wxsec certs check' on the client's files names which"},
    Known{"peer did not return a certificate",
          "a client without a certificate was refused: it needs --cert and --key"},
    Known{"wrong version number",
          "a client spoke plaintext to the TLS port: use mqtts:// (mosquitto_pub: --cafile)"},
    Known{"http request", "somebody spoke HTTP to the MQTT port"},
    Known{"alert unknown ca",
          "the client refused the broker's certificate: it does not know our CA; give it ca.pem"},
    Known{"alert certificate expired",
          "the client refused the broker's certificate as expired: renew it, then reload (SIGHUP)"},
    Known{"alert bad certificate",
          "the client refused the broker's certificate: wrong host name, or a damaged one"},
    Known{"alert certificate unknown",
          "the client refused the broker's certificate without a reason"},
    Known{"unexpected eof",
          "a connection broke off without TLS's goodbye; the next line says whose"},
    Known{"key values mismatch",
          "certificate and key do not belong together: NO client can connect until they do"},
    Known{
        "add/remove listeners",
        "a reload does not change ports: the file names other listeners than those that are open. "
        "If that is meant, stop the broker and start it again; if not, another 'broker config' or "
        "'broker run' has written to the same folder: give each its own with --out"},
    Known{"not authorised", "refused: unknown name, wrong password, or no name at all"},
    Known{"already connected, closing old connection",
          "a second client with the same certificate (or client id) came, and the first was thrown "
          "out: one certificate, one connection"},
    Known{"has exceeded timeout",
          "not a word for one and a half keep-alive spans: gone; its last will is sent"},
    Known{"closed its connection", "it went without saying goodbye; its last will is sent"},
    Known{"Outgoing messages are being dropped",
          "a subscriber reads more slowly than messages come: its queue is full"},
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
  if (found != kKnown.end()) return std::string(found->meaning);
  const explain::KnownError* const known = is_trouble(line) ? explain::find_error(line) : nullptr;
  return known == nullptr ? std::string{} : fmt::format("{}. {}", known->title, known->remedy);
}

std::string LogReader::explain(std::string_view line) {
  const Before before = before_;
  const bool tls_error = contains(line, "OpenSSL Error");
  before_ = !tls_error                         ? Before::nothing
            : contains(line, "unexpected eof") ? Before::broken_off
                                               : Before::tls_error;
  // "<unknown>": it never got as far as a name. OpenSSL's line before has told why.
  const bool stranger = contains(line, "Client <unknown>");
  if (stranger && before == Before::tls_error) return {};
  if (stranger && before == Before::broken_off)
    return "it hung up in the middle of the handshake: it refused the broker's certificate, or it "
           "was a port scan";
  return explain_log_line(line);
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
