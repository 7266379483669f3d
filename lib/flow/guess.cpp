// Structure first. TLS begins with a record whose header and first handshake byte leave few
// alternatives; HTTP with a line that ends in HTTP/1.x; MQTT with CONNECT, which spells its own
// name. In a capture that begins in the middle, MQTT is only believed where whole packets fill the
// segment exactly. Entropy is never asked here; for what nobody claims see looks.h.
#include "lib/flow/guess.h"

#include <algorithm>

#include "lib/proto/http_message.h"
#include "lib/proto/mqtt_packet.h"
#include "lib/proto/tls_record.h"
#include "lib/proto/utf8.h"

namespace wxsec::flow {
namespace {

Certainty from_state(proto::FrameState state) {
  if (state == proto::FrameState::done) return Certainty::yes;
  return state == proto::FrameState::bad ? Certainty::no : Certainty::maybe;
}

// The first byte inside the record must fit its type where it is readable.
bool plausible_first_record(const proto::TlsRecord& record, std::uint8_t first) {
  switch (record.type) {
    case proto::TlsContent::handshake:
      // Readable handshake types, or an encrypted one of a capture that begins late.
      return proto::tls_handshake_name(first) != "unknown" || record.length >= 32;
    case proto::TlsContent::alert:
      return record.length == 2 ? first == 1 || first == 2 : record.length >= 16;
    case proto::TlsContent::change_cipher_spec: return record.length == 1 && first == 1;
    case proto::TlsContent::application_data: return record.length >= 16;
    case proto::TlsContent::heartbeat: return false;
  }
  return false;
}

Certainty looks_like_tls(core::ByteView bytes) {
  if (proto::looks_like_sslv2_hello(bytes)) return Certainty::yes;
  const proto::TlsRecordFrame frame = proto::peek_tls_record(bytes);
  if (frame.state != proto::FrameState::done) return from_state(frame.state);
  if (bytes.size() == proto::kTlsHeaderSize) return Certainty::maybe;
  if (!plausible_first_record(frame.record, bytes[proto::kTlsHeaderSize])) return Certainty::no;
  // If more follows, it must be a record again.
  if (bytes.size() > frame.size &&
      proto::peek_tls_record(bytes.subspan(frame.size)).state == proto::FrameState::bad)
    return Certainty::no;
  return Certainty::yes;
}

bool plausible_topic(std::string_view topic) {
  return topic.size() >= 2 && proto::is_mqtt_utf8(topic) &&
         std::all_of(topic.begin(), topic.end(),
                     [](char c) { return static_cast<std::uint8_t>(c) >= 0x20; });
}

// Does chance make such a packet? Pings and acknowledgements are two to four bytes: no evidence.
bool convincing(const proto::MqttPacket& packet) {
  if (const auto* publish = std::get_if<proto::MqttPublish>(&packet.body))
    return plausible_topic(publish->topic);
  if (const auto* subscribe = std::get_if<proto::MqttSubscribe>(&packet.body)) {
    const auto filter = proto::MqttFilterReader(*subscribe).next();
    return filter && !filter->topic.empty();
  }
  if (std::holds_alternative<proto::MqttConnack>(packet.body)) return packet.size >= 4;
  return std::holds_alternative<proto::MqttConnect>(packet.body);
}

bool decodes(core::ByteView bytes, proto::MqttPacket& packet) {
  return proto::decode_mqtt(bytes, proto::MqttVersion::v311, packet) ||
         proto::decode_mqtt(bytes, proto::MqttVersion::v5, packet);
}

// A request line that goes on and on: so much text behind a method and a path is no accident.
bool begins_with_long_request(core::ByteView bytes) {
  const std::string_view text = core::as_text(bytes);
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view target = text.substr(std::min(space + 1, text.size()));
  return bytes.size() >= kGuessBytes && (target.starts_with('/') || target.starts_with("http"));
}

}  // namespace

// "10 .. 00 04 MQTT" or "10 .. 00 06 MQIsdp": nothing else begins so.
Certainty begins_with_connect(core::ByteView bytes) {
  const proto::MqttFrame frame = proto::peek_mqtt_frame(bytes);
  if (frame.type != proto::MqttType::connect || frame.state == proto::FrameState::bad)
    return Certainty::no;
  if (frame.state != proto::FrameState::done) return Certainty::maybe;
  const std::string_view name = core::as_text(bytes.subspan(frame.header_size));
  for (const std::string_view known :
       {std::string_view("\0\4MQTT", 6), std::string_view("\0\6MQIsdp", 8)}) {
    if (name.starts_with(known)) return Certainty::yes;
    if (known.starts_with(name)) return Certainty::maybe;
  }
  return Certainty::no;
}

Certainty looks_like_mqtt(core::ByteView bytes) {
  bool evidence = false;
  while (!bytes.empty()) {
    const proto::MqttFrame frame = proto::peek_mqtt_frame(bytes);
    if (!proto::plausible_mqtt_beginning(frame, bytes)) return Certainty::no;
    if (frame.state == proto::FrameState::need_more || frame.size > bytes.size())
      return bytes.size() < kGuessBytes ? Certainty::maybe : Certainty::no;
    proto::MqttPacket packet;
    if (!decodes(bytes.first(frame.size), packet)) return Certainty::no;
    evidence = evidence || convincing(packet);
    bytes = bytes.subspan(frame.size);
  }
  return evidence ? Certainty::yes : Certainty::maybe;
}

Guess guess_protocol(core::ByteView bytes) {
  if (bytes.empty()) return {Protocol::unknown, Certainty::maybe};
  bool maybe = false;
  const auto is = [&](Certainty certainty) {
    maybe = maybe || certainty == Certainty::maybe;
    return certainty == Certainty::yes;
  };
  if (is(begins_with_connect(bytes))) return {Protocol::mqtt, Certainty::yes};
  if (is(looks_like_tls(bytes))) return {Protocol::tls, Certainty::yes};
  const Certainty http = from_state(proto::looks_like_http(bytes));
  if (is(http) || (http == Certainty::maybe && begins_with_long_request(bytes)))
    return {Protocol::http, Certainty::yes};
  if (is(looks_like_mqtt(bytes))) return {Protocol::mqtt, Certainty::yes};
  if (maybe && bytes.size() < kGuessBytes) return {Protocol::unknown, Certainty::maybe};
  return {Protocol::unknown, Certainty::no};
}

}  // namespace wxsec::flow
