// Events are gone when their callback returns; this keeps the few facts that matter, each once and
// with the place where it was seen, within fixed limits.
#include "src/sniff/exposure.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/decrypt/digest.h"
#include "lib/proto/utf8.h"
#include "src/report/catalogue.h"
#include "src/sniff/finding_list.h"
#include "src/sniff/masking.h"
#include "src/sniff/room.h"
#include "src/sniff/secret_finder.h"
#include "src/sniff/tls_watch.h"

namespace wxsec::sniff {
namespace {

namespace id = report::id;

constexpr std::size_t kMaxSample = 512;
constexpr std::size_t kTelling = 200;  // a reading is about 300 bytes, a status about 60

// nginx and Apache answer plain HTTP on their TLS port so.
bool refuses_plaintext(const flow::HttpMessage& message) {
  if (message.head->request || message.head->status != 400) return false;
  const std::string_view body = core::as_text(message.body);
  return body.find("plain HTTP request was sent to HTTPS port") != std::string_view::npos ||
         body.find("speaking plain HTTP to an SSL-enabled server port") != std::string_view::npos;
}

bool is_text(core::ByteView bytes) {
  const auto control = [](std::uint8_t byte) {
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
  };
  return std::none_of(bytes.begin(), bytes.end(), control) && proto::is_utf8(core::as_text(bytes));
}

// Appends to a list of at most kMaxListed entries. One that grows beyond a few gets its place once
// and for all: to move thousands of entries again and again costs more than everything else here.
template <class Entry>
void append(std::vector<Entry>& list, Entry entry) {
  constexpr std::size_t kFew = 128;
  if (list.size() == kFew) list.reserve(kMaxListed);
  list.push_back(std::move(entry));
}

std::size_t bytes_of(const std::vector<proto::X509Card>& cards) {
  std::size_t total = 0;
  for (const proto::X509Card& card : cards) {
    total += sizeof(card) + card.subject.size() + card.issuer.size() + card.serial.size();
    for (const std::string& name : card.dns_names) total += sizeof(name) + name.size();
  }
  return total;
}

}  // namespace

struct Collector::State {
  State(const core::Clock& the_clock, Collect what, Secrets whether)
      : clock(the_clock), collect(what), show(whether) {}

  bool lists() const { return collect != Collect::findings; }
  bool lists_message() const {
    return lists() &&
           seen.messages.size() < (collect == Collect::overview ? kMaxOverview : kMaxListed);
  }

  const core::Clock& clock;
  Collect collect;
  Secrets show;
  Exposure seen;
  SecretFinder finder;
  std::set<std::string> credentials_known;
  Room credentials_room{kMaxListedBytes};
  Room messages_room{kMaxListedBytes};
  Room certificates_room{kMaxListedBytes};
  FindingList findings;
  TlsWatch tls{findings, lists()};

  void take(const flow::Event& event, const SecretsSeen& found);
  std::string clean(core::ByteView text, const SecretsSeen& found) const;
  std::string clean_raw(const flow::Event& event, core::ByteView raw,
                        const SecretsSeen& found) const;
  std::string subject(const flow::HttpMessage& message, const SecretsSeen& found) const;
  std::string name(const SecretSeen& secret, const SecretsSeen& found) const;
  std::string evidence(const SecretSeen& secret, const SecretsSeen& found) const;
  void credential(const flow::Event& event, const SecretSeen& secret, const SecretsSeen& found,
                  core::ByteView excerpt);
  void secrets(const flow::Event& event, core::ByteView raw, const SecretsSeen& found,
               std::string_view finding);
  void mqtt(const flow::Event& event, const flow::MqttMessage& message, const SecretsSeen& found);
  void publish(const flow::Event& event, const flow::MqttMessage& message, core::ByteView payload,
               const SecretsSeen& found);
  void http(const flow::Event& event, const flow::HttpMessage& message, const SecretsSeen& found);
  void websocket(const flow::Event& event, const flow::WebSocketMessage& message,
                 const SecretsSeen& found);
  void undecoded(const flow::Event& event, core::ByteView bytes, const SecretsSeen& found,
                 std::string_view finding);
  void clear_text(const flow::Event& event, std::string_view protocol, std::string subject,
                  std::string text, std::uint64_t size);
  void conflict(const flow::Event& event, const flow::Conflict& conflict);
  void flow_end(const flow::Event& event);
};

std::string Collector::State::clean(core::ByteView text, const SecretsSeen& found) const {
  return show == Secrets::shown ? std::string(core::as_text(text))
                                : masked_copy(core::as_text(text), found);
}

std::string Collector::State::clean_raw(const flow::Event& event, core::ByteView raw,
                                        const SecretsSeen& found) const {
  return show == Secrets::shown ? std::string(core::as_text(raw)) : masked_raw(event, raw, found);
}

std::string Collector::State::subject(const flow::HttpMessage& message,
                                      const SecretsSeen& found) const {
  const auto target = [&](std::string_view text) {
    return show == Secrets::shown ? std::string(text) : masked_copy(masked_target(text), found);
  };
  if (message.head->request)
    return fmt::format("{} {}", message.head->method, target(message.head->target));
  if (message.request_method.empty()) return fmt::format("response {}", message.head->status);
  return fmt::format("{} {} -> {}", message.request_method, target(message.request_target),
                     message.head->status);
}

std::string Collector::State::name(const SecretSeen& secret, const SecretsSeen& found) const {
  return show == Secrets::shown ? secret.name : masked_name(secret, found);
}

std::string Collector::State::evidence(const SecretSeen& secret, const SecretsSeen& found) const {
  return fmt::format("{}{}{} = {}", secret.kind, secret.name.empty() ? "" : " of ",
                     name(secret, found),
                     show == Secrets::shown ? secret.value : mask(secret.value));
}

void Collector::State::credential(const flow::Event& event, const SecretSeen& secret,
                                  const SecretsSeen& found, core::ByteView excerpt) {
  ++seen.credentials_seen;
  if (!lists()) return;
  if (seen.credentials.size() >= kMaxListed) return;
  std::string key =
      fmt::format("{} {} {} {}", event.flow->id, secret.kind, secret.name, secret.value);
  constexpr std::size_t kShortKey = 64;
  if (key.size() > kShortKey) key = decrypt::sha256_hex(key);
  if (credentials_known.contains(key)) return;
  Credential one;
  one.place = place_of(event);
  one.kind = secret.kind;
  one.name = cut_text(name(secret, found), kMaxListedName);
  one.masked = mask(secret.value);
  one.value = core::Secret(cut_text(secret.value, kMaxShown));
  one.excerpt = beginning(excerpt, kMaxSample);
  if (!credentials_room.take(sizeof(one) + one.name.size() + one.value.reveal().size() +
                             one.masked.size() + one.excerpt.size() + 2 * kShortKey))
    return;
  credentials_known.insert(std::move(key));
  seen.credentials.push_back(std::move(one));
}

void Collector::State::secrets(const flow::Event& event, core::ByteView raw,
                               const SecretsSeen& found, std::string_view finding_id) {
  if (found.empty()) return;
  const std::string excerpt = clean_raw(event, raw, found);
  for (const SecretSeen& secret : found) {
    if (!secret.told) continue;
    credential(event, secret, found, core::as_bytes(excerpt));
    if (findings.wants(finding_id, event))
      findings.add(finding_id, event, evidence(secret, found), core::as_bytes(excerpt));
  }
}

void Collector::State::clear_text(const flow::Event& event, std::string_view protocol,
                                  std::string subject_text, std::string text, std::uint64_t size) {
  ClearText one;
  one.place = place_of(event);
  one.protocol = protocol;
  one.subject = cut_text(subject_text, kMaxListedName);
  one.text = cut_text(text, kMaxShown);
  one.size = size;
  if (messages_room.take(sizeof(one) + one.subject.size() + one.text.size()))
    append(seen.messages, std::move(one));
}

void Collector::State::publish(const flow::Event& event, const flow::MqttMessage& message,
                               core::ByteView payload, const SecretsSeen& found) {
  const auto topic = [&] { return clean(core::as_bytes(message.topic), found); };
  ++seen.messages_seen;
  if (lists_message()) clear_text(event, "mqtt", topic(), clean(payload, found), payload.size());
  const bool wanted = findings.wants(id::kReadingsInClear, event);
  const bool telling = lists() && message.raw.size() > seen.plaintext.bytes.size() &&
                       seen.plaintext.bytes.size() < kTelling;
  if (!wanted && !telling) return;
  const std::string raw = clean_raw(event, message.raw, found);
  if (wanted)
    findings.add(id::kReadingsInClear, event,
                 fmt::format("PUBLISH {} ({} bytes)", topic(), payload.size()),
                 core::as_bytes(raw));
  if (telling)
    seen.plaintext = {place_of(event), "MQTT PUBLISH " + cut_text(topic(), kMaxListedName),
                      beginning(core::as_bytes(raw), kMaxSample)};
}

void Collector::State::mqtt(const flow::Event& event, const flow::MqttMessage& message,
                            const SecretsSeen& found) {
  if (event.decrypted) return;
  secrets(event, message.raw, found, id::kMqttPasswordInClear);
  if (const auto* packet = std::get_if<proto::MqttPublish>(&message.packet->body))
    publish(event, message, packet->payload, found);
}

void Collector::State::http(const flow::Event& event, const flow::HttpMessage& message,
                            const SecretsSeen& found) {
  if (!event.decrypted) secrets(event, message.raw, found, id::kHttpSecretInClear);
  if (refuses_plaintext(message))
    findings.add(
        id::kPlaintextOnTlsPort, event,
        fmt::format("{}: the server says that this is its HTTPS port", subject(message, found)),
        core::as_bytes(clean_raw(event, message.raw, found)));
  if (message.body.empty() || event.decrypted) return;
  ++seen.messages_seen;
  if (lists_message())
    clear_text(event, "http", subject(message, found), clean(message.body, found),
               message.body_size);
  if (findings.wants(id::kHttpDataInClear, event))
    findings.add(id::kHttpDataInClear, event,
                 fmt::format("{} ({} bytes)", subject(message, found), message.body_size),
                 core::as_bytes(clean_raw(event, message.raw, found)));
}

// A binary message that is no text may be anything, also ciphertext of the application's own.
void Collector::State::websocket(const flow::Event& event, const flow::WebSocketMessage& message,
                                 const SecretsSeen& found) {
  constexpr std::uint8_t kText = 1;
  constexpr std::uint8_t kBinary = 2;
  if (message.carried || event.decrypted || message.payload.empty() || message.deflated) return;
  const bool readable =
      message.opcode == kText || (message.opcode == kBinary && is_text(message.payload));
  secrets(event, message.payload, found, id::kHttpSecretInClear);
  if (!readable) return;
  const std::string what = message.opcode == kText ? "text message" : "binary message";
  const std::string text = clean(message.payload, found);
  ++seen.messages_seen;
  if (lists_message()) clear_text(event, "websocket", what, text, message.payload.size());
  if (findings.wants(id::kHttpDataInClear, event))
    findings.add(id::kHttpDataInClear, event,
                 fmt::format("WebSocket {} ({} bytes)", what, message.payload.size()),
                 core::as_bytes(text));
}

// Malformed packets and bytes that nobody claims: readable nevertheless.
void Collector::State::undecoded(const flow::Event& event, core::ByteView bytes,
                                 const SecretsSeen& found, std::string_view finding_id) {
  if (!event.decrypted) secrets(event, bytes, found, finding_id);
}

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
