// Sits on the interface and reads along, as anybody on the path could. Nothing is sent by the
// eavesdropper; what there is to hear comes from the network itself, and, where TLS is to be put to
// the test, from the operator, who sends a canary through the broker and back: a text that we know,
// so that "it was not readable" means something.
//
//   a password or a message was readable   broken; the password is kept for the attempts to come
//   only TLS with data in it was seen      held
//   nothing was seen, or we may not listen inconclusive
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/stop.h"
#include "src/attack/all_attempts.h"
#include "src/attack/door.h"
#include "src/attack/outcome.h"
#include "src/attack/witness.h"
#include "src/report/catalogue.h"
#include "src/sniff/expose.h"

namespace wxsec::attack {
namespace {

using namespace std::chrono_literals;
using core::fail;
using core::Result;

constexpr std::size_t kMaxQuoted = 100;
constexpr std::size_t kMaxLines = 4;

std::string ports_filter(const Target& target) {
  std::string filter;
  for (const net::Endpoint& door : doors_of(target))
    filter += fmt::format("{}tcp port {}", filter.empty() ? "" : " or ", door.port);
  if (target.api) filter += fmt::format(" or tcp port {}", target.api->port);
  return filter;
}

// The operator says something that only he and the broker should be able to read.
Result<void> send_canary(const Session& session, const std::string& canary) {
  Door none;
  none.endpoint = *session.target.broker;
  auto witness = WXSEC_TRY(Witness::call(session, none));
  WXSEC_TRY(witness.send(canary));
  if (WXSEC_TRY(witness.received(canary))) return {};
  return fail(core::Code::protocol, "the broker did not deliver it");
}

// At most as long as the target says: where TLS is meant to be until anything came by, where it is
// not until somebody logged in, since that is when a password crosses the wire.
void listen(const Session& session, const sniff::LiveSniffer& sniffer) {
  const bool in_clear = !session.target.broker->tls();
  const core::Deadline deadline = core::Deadline::in(session.target.listen_for);
  while (!deadline.passed() && (in_clear ? sniffer.logins() : sniffer.messages()) == 0) {
    if (!core::sleep_unless_stopped(session.stop, 20ms)) return;
  }
}

// The first password, and the first of another name.
void keep_logins(const sniff::Exposure& seen, Loot& loot) {
  for (const sniff::Credential& c : seen.credentials) {
    if (c.kind != "mqtt password") continue;
    if (!loot.login) loot.login = Login{c.name, c.value.clone()};
    if (!loot.second && c.name != loot.login->username)
      loot.second = Login{c.name, c.value.clone()};
  }
}

std::string learned(const sniff::Exposure& seen) {
  if (seen.credentials_seen == 0) {
    return fmt::format(
        "an eavesdropper read {} messages; no password came by, since nobody logged "
        "in while it listened",
        seen.messages_seen);
  }
  return fmt::format("an eavesdropper read {} passwords or tokens and {} messages",
                     seen.credentials_seen, seen.messages_seen);
}

void add_evidence(const sniff::Exposure& seen, std::vector<std::string>& evidence) {
  evidence.push_back(fmt::format("{} packets, {} flows, {} dropped", seen.packets, seen.flows_seen,
                                 seen.counters.dropped));
  for (const auto& c : seen.credentials) {
    if (evidence.size() > kMaxLines) break;
    evidence.push_back(
        fmt::format("packet {}: {} of {}: {}", c.place.packet, c.kind, c.name, c.masked));
  }
  for (const auto& m : seen.messages) {
    if (evidence.size() > 2 * kMaxLines) break;
    evidence.push_back(
        fmt::format("packet {}: {} {}", m.place.packet, m.subject, m.text.substr(0, kMaxQuoted)));
  }
  for (const auto& flow : seen.flows) {
    if (evidence.size() > 3 * kMaxLines || !flow.established) continue;
    evidence.push_back(fmt::format("{} -> {}: {}, {} {}", flow.client, flow.server,
                                   flow::verdict_name(flow.verdict), flow.tls_version,
                                   flow.cipher));
  }
}

// The worst that was learned, or nothing.
std::string_view worst_finding(const sniff::Exposure& seen) {
  const auto is_mqtt = [](const auto& c) { return c.kind.find("mqtt") != std::string::npos; };
  if (std::any_of(seen.credentials.begin(), seen.credentials.end(), is_mqtt))
    return report::id::kMqttPasswordInClear;
  if (!seen.credentials.empty()) return report::id::kHttpSecretInClear;
  if (seen.messages.empty()) return {};
  const bool mqtt = std::any_of(seen.messages.begin(), seen.messages.end(),
                                [](const auto& m) { return m.protocol == "mqtt"; });
  return mqtt ? report::id::kReadingsInClear : report::id::kHttpDataInClear;
}

report::Check conclude(report::Check check, const sniff::Exposure& seen,
                       const std::optional<std::string>& canary) {
  const std::string where = check.target;
  if (const std::string_view id = worst_finding(seen); !id.empty()) {
    check.bytes = seen.plaintext.bytes;
    return broken(std::move(check), id, where, learned(seen));
  }
  check.bytes = seen.ciphertext.bytes;
  const bool tls = std::any_of(seen.flows.begin(), seen.flows.end(),
                               [](const auto& flow) { return flow.established; });
  if (!tls) return inconclusive(std::move(check), "nothing that carried data came by");
  if (canary && seen.contains(*canary))
    return broken(std::move(check), report::id::kReadingsInClear, where, "the canary was readable");
  return held(std::move(check), canary
                                    ? "a message that we know crossed the wire, and nothing of it "
                                      "could be read"
                                    : "only TLS came by, and nothing in it could be read");
}

}  // namespace

report::Check intercept(const Session& session) {
  const Target& target = session.target;
  report::Check check = begin(*target.broker);
  sniff::SessionOptions options;
  options.interface = target.interface;
  options.filter = ports_filter(target);
  auto sniffer = sniff::LiveSniffer::start(options, session.clock);
  if (!sniffer) return inconclusive(std::move(check), "cannot listen: " + sniffer.error().what);

  std::optional<std::string> canary;
  if (target.broker->tls() && target.operator_.present()) {
    const std::string text = fresh_canary();
    const auto sent = send_canary(session, text);
    check.evidence.push_back(
        sent ? fmt::format("the operator sent {} over TLS and received it", text)
             : "the operator's canary: " + sent.error().what);
    if (sent) canary = text;
  }
  if (!canary) listen(session, *sniffer);
  const auto seen = sniffer->finish();
  if (!seen) return inconclusive(std::move(check), seen.error().what);
  keep_logins(*seen, session.loot);
  add_evidence(*seen, check.evidence);
  return conclude(std::move(check), *seen, canary);
}

}  // namespace wxsec::attack
