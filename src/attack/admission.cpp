// "It did not connect" has many causes, and most of them are ours: the broker is down, the port is
// another, its certificate has expired. A refusal is evidence only if it is about the certificate
// we showed. Two things make sure of that: the alert that the broker sent (RFC 8446 6.2 has one for
// each reason), and a control, in which the operator's good certificate opens the same door.
#include "src/attack/admission.h"

#include <fmt/core.h>

#include "lib/mqtt/raw_client.h"
#include "src/attack/outcome.h"
#include "src/attack/witness.h"

namespace wxsec::attack {
namespace {

using Kind = Admission::Kind;

Admission from_refusal(const mqtt::Refusal& refusal) {
  if (refusal.stage == mqtt::Stage::resolve || refusal.stage == mqtt::Stage::tcp)
    return {Kind::unreachable, refusal.error.what};
  if (refusal.tls.alert) {
    return {Kind::refused,
            fmt::format("refused with the TLS alert {} ({}): {}", refusal.tls.alert->name,
                        refusal.tls.alert->code, tls::cause_sentence(refusal.tls.cause))};
  }
  if (refusal.reason)
    return {Kind::refused, fmt::format("refused by CONNACK: {}", refusal.error.what)};
  if (refusal.stage == mqtt::Stage::mqtt && refusal.closed_without_a_word)
    return {Kind::hung_up, "the broker hung up without a word: " + refusal.error.what};
  return {Kind::unclear, refusal.error.what};
}

std::string client_name(const Target& target) { return target.station_name; }

report::Check with_control(report::Check check, const Session& session, Kind kind) {
  if (!session.target.operator_.present()) {
    if (kind == Kind::hung_up)
      return inconclusive(std::move(check),
                          "hung up without a reason, and no good certificate is "
                          "at hand to compare with");
    return held(std::move(check), "the broker refused it");
  }
  const auto control = connect_operator(session.target);
  check.evidence.push_back("control, the operator's certificate: " +
                           (control ? "let in (CONNACK 0x00)" : control.refusal.error.what));
  if (control) return held(std::move(check), "the broker refused it, and lets the operator in");
  return inconclusive(std::move(check), "the broker refuses the operator's good certificate too");
}

}  // namespace

Admission seek_admission(const Target& target, const Identity& identity) {
  const mqtt::RawTls tls{target.ca, {}, identity.cert, identity.key, {}};
  const auto client =
      mqtt::RawClient::open({target.broker->host, target.broker->port, tls, target.timeout});
  if (!client) return from_refusal(client.refusal);
  mqtt::RawConnect connect;
  connect.client_id = client_name(target);
  const auto accepted = (*client.value)->connect(connect);
  if (!accepted) return from_refusal(accepted.refusal);
  (*client.value)->disconnect();
  return {Kind::admitted, "let in: CONNACK 0x00 (success)"};
}

report::Check attempt_admission(const Session& session, const Identity& identity,
                                std::string_view what, std::string_view id) {
  report::Check check = begin(*session.target.broker);
  const Admission admission = seek_admission(session.target, identity);
  check.evidence.push_back(fmt::format("{}: {}", what, admission.words));
  switch (admission.kind) {
    case Kind::admitted:
      return broken(std::move(check), id, net::to_string(*session.target.broker),
                    fmt::format("the broker let in {}", what));
    case Kind::unreachable:
    case Kind::unclear: return inconclusive(std::move(check), admission.words);
    case Kind::refused:
    case Kind::hung_up: break;
  }
  return with_control(std::move(check), session, admission.kind);
}

}  // namespace wxsec::attack
