// Events are gone when their callback returns; this keeps the few facts that matter, each once and
// with the place where it was seen, within fixed limits.
#include "src/sniff/exposure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "lib/core/hex.h"
#include "lib/core/time.h"
#include "src/report/catalogue.h"
#include "src/sniff/finding_list.h"
#include "src/sniff/secrets.h"

namespace wxsec::sniff {
namespace {

namespace id = report::id;

constexpr std::size_t kMaxSample = 512;
constexpr std::size_t kTelling = 200;  // a reading is about 300 bytes, a status about 60

std::string http_subject(const flow::HttpMessage& message) {
  if (message.head->request)
    return fmt::format("{} {}", message.head->method, masked_target(message.head->target));
  return fmt::format("{} {} -> {}", message.request_method, masked_target(message.request_target),
                     message.head->status);
}

// nginx and Apache answer plain HTTP on their TLS port so.
bool refuses_plaintext(const flow::HttpMessage& message) {
  if (message.head->request || message.head->status != 400) return false;
  const std::string_view body = core::as_text(message.body);
  return body.find("plain HTTP request was sent to HTTPS port") != std::string_view::npos ||
         body.find("speaking plain HTTP to an SSL-enabled server port") != std::string_view::npos;
}

// A record that may become the example of ciphertext. They come by the thousand and the latest one
// is taken, so it is put into words only in the end.
struct RecordSeen {
  std::uint64_t packet = 0;
  std::int64_t time_ns = 0;
  std::uint64_t flow = 0;
  flow::Endpoint client;
  flow::Endpoint server;
  std::size_t length = 0;
  core::Bytes beginning;
};

Sample sample_of(const RecordSeen& record) {
  if (record.beginning.empty()) return {};
  return {{record.packet, record.time_ns, record.flow, flow::to_string(record.client),
           flow::to_string(record.server)},
          fmt::format("TLS application data record, {} bytes", record.length),
          record.beginning};
}

// Appends to a list of at most kMaxListed entries. One that grows beyond a few gets its place once
// and for all: to move thousands of entries again and again costs more than everything else here.
template <class Entry>
void append(std::vector<Entry>& list, Entry entry) {
  constexpr std::size_t kFew = 128;
  if (list.size() == kFew) list.reserve(kMaxListed);
  list.push_back(std::move(entry));
}

bool weak_suite(std::string_view name) {
  for (const std::string_view part :
       {"_NULL_", "_RC4_", "_3DES_", "_DES_", "_EXPORT_", "_anon_", "_MD5"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string mask(std::string_view secret) {
  const std::string count =
      fmt::format(" ({} character{})", secret.size(), secret.size() == 1 ? "" : "s");
  if (secret.size() < 5) return std::string(5, '*') + count;
  const auto plain = [](char c) { return c >= 0x21 && c < 0x7F ? c : '*'; };
  return fmt::format("{}*****{}{}", plain(secret.front()), plain(secret.back()), count);
}

struct Collector::State {
  explicit State(const core::Clock& the_clock) : clock(the_clock) {}

  const core::Clock& clock;
  Exposure seen;
  std::set<std::string> credentials_known;
  FindingList findings;
  // The beginning of TLS in flows where something else was said, or nothing answered yet.
  std::map<std::uint64_t, core::Bytes> hellos;
  RecordSeen example;

  void take(const flow::Event& event);
  void credential(const flow::Event& event, const SecretSeen& secret,
                  const std::vector<SecretSeen>& all, core::ByteView raw);
  void secrets(const flow::Event& event, core::ByteView raw, std::string_view finding);
  void mqtt(const flow::Event& event, const flow::MqttMessage& message);
  void http(const flow::Event& event, const flow::HttpMessage& message);
  void clear_text(const flow::Event& event, std::string_view protocol, std::string subject,
                  core::ByteView payload, std::uint64_t size);
  void record(const flow::Event& event, const flow::TlsRecordSeen& record);
  void alert(const flow::Event& event, const flow::TlsAlertSeen& alert);
  void certificates(const flow::Event& event, const flow::TlsCertificatesSeen& seen);
  void server_hello(const flow::Event& event, const flow::TlsServerHelloSeen& hello);
  void client_hello(const flow::Event& event, const flow::TlsClientHelloSeen& hello);
  void conflict(const flow::Event& event, const flow::Conflict& conflict);
  void flow_end(const flow::Event& event);
  void tls_on_plain_port(const flow::Event& event);
};

void Collector::State::credential(const flow::Event& event, const SecretSeen& secret,
                                  const std::vector<SecretSeen>& all, core::ByteView raw) {
  ++seen.credentials_seen;
  const std::string key =
      fmt::format("{} {} {} {}", event.flow->id, secret.kind, secret.name, secret.value);
  if (seen.credentials.size() >= kMaxListed || !credentials_known.insert(key).second) return;
  Credential one;
  one.place = place_of(event);
  one.kind = secret.kind;
  one.name = secret.name;
  one.masked = mask(secret.value);
  one.value = core::Secret(secret.value);
  const std::string shown = masked_copy(core::as_text(raw), all);
  one.excerpt = beginning(core::as_bytes(shown), kMaxSample);
  seen.credentials.push_back(std::move(one));
}

void Collector::State::secrets(const flow::Event& event, core::ByteView raw,
                               std::string_view finding_id) {
  if (event.decrypted) return;
  const std::vector<SecretSeen> all = find_secrets(event);
  for (const SecretSeen& secret : all) {
    credential(event, secret, all, raw);
    const std::string shown = masked_copy(core::as_text(raw), all);
    findings.add(finding_id, event,
                 fmt::format("{}{}{} = {}", secret.kind, secret.name.empty() ? "" : " of ",
                             secret.name, mask(secret.value)),
                 core::as_bytes(shown));
  }
}

void Collector::State::clear_text(const flow::Event& event, std::string_view protocol,
                                  std::string subject, core::ByteView payload, std::uint64_t size) {
  if (seen.messages.size() >= kMaxListed) return;
  ClearText one;
  one.place = place_of(event);
  one.protocol = protocol;
  one.subject = std::move(subject);
  one.text = masked_copy(core::as_text(payload), find_secrets(event)).substr(0, kMaxShown);
  one.size = size;
  append(seen.messages, std::move(one));
}

void Collector::State::mqtt(const flow::Event& event, const flow::MqttMessage& message) {
  if (message.packet->type == proto::MqttType::connect ||
      message.packet->type == proto::MqttType::auth)
    secrets(event, message.raw, id::kMqttPasswordInClear);
  const auto* publish = std::get_if<proto::MqttPublish>(&message.packet->body);
  if (publish == nullptr) return;
  if (event.decrypted) return;
  ++seen.messages_seen;
  if (seen.messages.size() < kMaxListed)
    clear_text(event, "mqtt", std::string(message.topic), publish->payload,
               publish->payload.size());
  if (findings.wants(id::kReadingsInClear, event))
    findings.add(id::kReadingsInClear, event,
                 fmt::format("PUBLISH {} ({} bytes)", message.topic, publish->payload.size()),
                 message.raw);
  if (message.raw.size() <= seen.plaintext.bytes.size() || seen.plaintext.bytes.size() >= kTelling)
    return;
  seen.plaintext = {place_of(event), fmt::format("MQTT PUBLISH {}", message.topic),
                    beginning(message.raw, kMaxSample)};
}

void Collector::State::http(const flow::Event& event, const flow::HttpMessage& message) {
  secrets(event, message.raw, id::kHttpSecretInClear);
  if (refuses_plaintext(message))
    findings.add(
        id::kPlaintextOnTlsPort, event,
        fmt::format("{}: the server says that this is its HTTPS port", http_subject(message)),
        message.raw);
  if (message.body.empty() || event.decrypted) return;
  ++seen.messages_seen;
  if (seen.messages.size() < kMaxListed)
    clear_text(event, "http", http_subject(message), message.body, message.body_size);
  if (!findings.wants(id::kHttpDataInClear, event)) return;
  const std::string shown = masked_copy(core::as_text(message.raw), find_secrets(event));
  findings.add(id::kHttpDataInClear, event,
               fmt::format("{} ({} bytes)", http_subject(message), message.body_size),
               core::as_bytes(shown));
}

void Collector::State::record(const flow::Event& event, const flow::TlsRecordSeen& record) {
  // Under TLS 1.3 certificates travel as application data too, but before any message: of those
  // with a message's size the latest is the best example.
  if (record.record.type != proto::TlsContent::application_data || !record.encrypted) return;
  const bool telling = record.raw.size() >= kTelling && record.raw.size() <= kMaxSample;
  if (!telling && !example.beginning.empty()) return;
  example.packet = event.packet;
  example.time_ns = event.time_ns;
  example.flow = event.flow->id;
  example.client = event.flow->client;
  example.server = event.flow->server;
  example.length = record.record.length;
  const core::ByteView shown = record.raw.first(std::min(record.raw.size(), kMaxSample));
  example.beginning.assign(shown.begin(), shown.end());
}

// A server that answers what was no TLS with an alert is a TLS port that was spoken to in clear.
void Collector::State::alert(const flow::Event& event, const flow::TlsAlertSeen& alert) {
  if (event.flow->protocol != flow::Protocol::mqtt && event.flow->protocol != flow::Protocol::http)
    return;
  findings.add(id::kPlaintextOnTlsPort, event,
               fmt::format("{} in clear, answered by the TLS alert {}",
                           flow::protocol_name(event.flow->protocol),
                           proto::tls_alert_name(alert.description)),
               alert.raw);
}

void Collector::State::certificates(const flow::Event& event,
                                    const flow::TlsCertificatesSeen& seen_here) {
  if (seen_here.cards.empty() || event.direction != flow::Direction::to_client || event.decrypted)
    return;
  const proto::X509Card& leaf = seen_here.cards.front();
  const core::Instant then{std::chrono::milliseconds(event.time_ns / 1'000'000)};
  const std::string who =
      fmt::format("{} (serial {}), valid {} to {}", leaf.subject, leaf.serial,
                  core::rfc3339(leaf.not_before), core::rfc3339(leaf.not_after));
  if (then > leaf.not_after) findings.add(id::kCertExpired, event, who, seen_here.raw);
  if (then < leaf.not_before) findings.add(id::kCertNotYetValid, event, who, seen_here.raw);
  if (leaf.self_issued) findings.add(id::kCertSelfSigned, event, who, seen_here.raw);
}

void Collector::State::server_hello(const flow::Event& event,
                                    const flow::TlsServerHelloSeen& hello) {
  const std::string_view suite = proto::tls_suite_name(hello.hello->suite);
  if (hello.hello->version < 0x0303)
    findings.add(id::kOldProtocol, event,
                 fmt::format("the server chose {}", proto::tls_version_name(hello.hello->version)),
                 hello.raw);
  if (weak_suite(suite)) findings.add(id::kWeakCipher, event, std::string(suite), hello.raw);
  if (suite.starts_with("TLS_RSA_WITH_"))
    findings.add(id::kNoForwardSecrecy, event, std::string(suite), hello.raw);
}

void Collector::State::client_hello(const flow::Event& event,
                                    const flow::TlsClientHelloSeen& hello) {
  if (event.decrypted || hellos.size() >= kMaxListed) return;
  hellos.insert_or_assign(event.flow->id, beginning(hello.raw, 128));
}

void Collector::State::conflict(const flow::Event& event, const flow::Conflict& conflict) {
  findings.add(id::kConflictingSegments, event,
               fmt::format("{} retransmitted bytes differ from the first ones", conflict.bytes),
               conflict.retransmission);
}

// A hello, and no TLS came back: the server answered in another language, or hung up.
void Collector::State::tls_on_plain_port(const flow::Event& event) {
  const flow::FlowFacts& facts = *event.flow;
  const std::size_t back = index(flow::Direction::to_client);
  const bool unanswered = facts.protocol == flow::Protocol::tls && facts.tls != nullptr &&
                          facts.tls->offered_version != 0 && facts.tls->version == 0 &&
                          facts.tls->records[back] == 0 && facts.lost[back] == 0;
  const bool over = facts.ending == flow::Ending::fin || facts.ending == flow::Ending::reset;
  if (!unanswered || !over || facts.mid_stream) return;
  findings.add(id::kTlsOnPlainPort, event,
               facts.bytes[back] == 0
                   ? "the ClientHello was answered by the end of the connection"
                   : fmt::format("the ClientHello was answered by {} bytes that are not TLS",
                                 facts.bytes[back]),
               hellos[facts.id]);
}

void Collector::State::flow_end(const flow::Event& event) {
  const flow::FlowFacts& facts = *event.flow;
  ++seen.flows_seen;
  if (facts.verdict == flow::Verdict::mixed && facts.tls != nullptr)
    findings.add(id::kMixedFlow, event, "part of the connection is in clear, part is TLS",
                 hellos[facts.id]);
  tls_on_plain_port(event);
  hellos.erase(facts.id);
  if (seen.flows.size() < kMaxListed) append(seen.flows, make_flow_card(facts));
}

void Collector::State::take(const flow::Event& event) {
  if (const auto* a = std::get_if<flow::MqttMessage>(&event.what)) return mqtt(event, *a);
  if (const auto* a = std::get_if<flow::HttpMessage>(&event.what)) return http(event, *a);
  if (const auto* a = std::get_if<flow::TlsRecordSeen>(&event.what)) return record(event, *a);
  if (const auto* a = std::get_if<flow::TlsAlertSeen>(&event.what)) return alert(event, *a);
  if (const auto* a = std::get_if<flow::TlsCertificatesSeen>(&event.what))
    return certificates(event, *a);
  if (const auto* a = std::get_if<flow::TlsServerHelloSeen>(&event.what))
    return server_hello(event, *a);
  if (const auto* a = std::get_if<flow::TlsClientHelloSeen>(&event.what))
    return client_hello(event, *a);
  if (const auto* a = std::get_if<flow::Conflict>(&event.what)) return conflict(event, *a);
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

Collector::Collector(const core::Clock& clock) : state_(std::make_unique<State>(clock)) {}
Collector::~Collector() = default;

void Collector::take(const flow::Event& event) { state_->take(event); }

Exposure Collector::finish() {
  Exposure out = std::move(state_->seen);
  out.findings = state_->findings.take();
  out.ciphertext = sample_of(state_->example);
  state_ = std::make_unique<State>(state_->clock);
  return out;
}

}  // namespace wxsec::sniff
