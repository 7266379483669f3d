// Messages whose content travelled readable.
#include <fmt/format.h>

#include <algorithm>

#include "lib/proto/utf8.h"
#include "src/report/catalogue.h"
#include "src/sniff/collector_state.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {
namespace {

namespace id = report::id;

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

}  // namespace

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

}  // namespace wxsec::sniff
