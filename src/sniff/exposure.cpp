// Events are gone when their callback returns; this keeps the few facts that matter, each once and
// with the place where it was seen, within fixed limits.
#include "src/sniff/exposure.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/report/catalogue.h"
#include "src/sniff/collector_state.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {
namespace {

namespace id = report::id;

std::size_t bytes_of(const std::vector<proto::X509Card>& cards) {
  std::size_t total = 0;
  for (const proto::X509Card& card : cards) {
    total += sizeof(card) + card.subject.size() + card.issuer.size() + card.serial.size();
    for (const std::string& name : card.dns_names) total += sizeof(name) + name.size();
  }
  return total;
}

}  // namespace

// A segment may begin anywhere, in the middle of a password or behind the name that would tell it.
void Collector::State::conflict(const flow::Event& event, const flow::Conflict& conflict) {
  const core::ByteView sent = conflict.retransmission;
  const std::string outline = show == Secrets::shown ? "" : masked_outline(sent);
  findings.add(
      id::kConflictingSegments, event,
      fmt::format("{} {} differ from the first ones", conflict.bytes,
                  conflict.fragments ? "bytes of overlapping IP fragments" : "retransmitted bytes"),
      show == Secrets::shown ? sent : core::as_bytes(outline));
}

void Collector::State::flow_end(const flow::Event& event) {
  ++seen.flows_seen;
  tls.flow_end(event);
  if (!lists() || seen.flows.size() >= kMaxListed) return;
  FlowCard card = make_flow_card(*event.flow);
  if (!certificates_room.take(bytes_of(card.certificates))) card.certificates.clear();
  append(seen.flows, std::move(card));
}

void Collector::State::take(const flow::Event& event, const SecretsSeen& found) {
  if (const auto* a = std::get_if<flow::MqttMessage>(&event.what)) return mqtt(event, *a, found);
  if (const auto* a = std::get_if<flow::HttpMessage>(&event.what)) return http(event, *a, found);
  if (tls.take(event)) return;
  if (const auto* a = std::get_if<flow::Conflict>(&event.what)) return conflict(event, *a);
  if (const auto* a = std::get_if<flow::WebSocketMessage>(&event.what))
    return websocket(event, *a, found);
  if (const auto* a = std::get_if<flow::MqttProblem>(&event.what))
    return undecoded(event, a->raw, found, id::kMqttPasswordInClear);
  if (const auto* a = std::get_if<flow::UnknownData>(&event.what))
    return undecoded(event, a->bytes, found, id::kHttpSecretInClear);
  if (std::holds_alternative<flow::FlowEnd>(event.what)) flow_end(event);
}

bool Exposure::contains(std::string_view text) const {
  const bool in_message = std::any_of(messages.begin(), messages.end(), [&](const ClearText& one) {
    return one.text.find(text) != std::string::npos || one.subject.find(text) != std::string::npos;
  });
  return in_message ||
         std::any_of(credentials.begin(), credentials.end(), [&](const Credential& one) {
           return one.value.reveal().find(text) != std::string_view::npos ||
                  one.name.find(text) != std::string::npos;
         });
}

Collector::Collector(const core::Clock& clock, Collect what, Secrets secrets)
    : state_(std::make_unique<State>(clock, what, secrets)) {}
Collector::~Collector() = default;

void Collector::on_finding(FindingSink sink) { state_->findings.tell(std::move(sink)); }

void Collector::take(const flow::Event& event) { state_->take(event, state_->finder.find(event)); }

void Collector::take(const flow::Event& event, const SecretsSeen& found) {
  state_->take(event, found);
}

Exposure Collector::finish() {
  Exposure out = std::move(state_->seen);
  out.findings = state_->findings.take_findings();
  out.cases = state_->findings.take_cases();
  out.ciphertext = state_->tls.example();
  state_ = std::make_unique<State>(state_->clock, state_->collect, state_->show);
  return out;
}

}  // namespace wxsec::sniff
