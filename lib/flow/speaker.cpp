#include "lib/flow/speaker.h"

#include "lib/flow/guess.h"
#include "lib/proto/mqtt_packet.h"
#include "lib/proto/tls_record.h"

namespace wxsec::flow {
namespace {

// The message's first byte tells, and its version that it is not an encrypted one: record header,
// type, length of three bytes, 03 and something (RFC 8446 5.1, 4, 4.1.2).
Speaker by_hello(core::ByteView bytes) {
  constexpr std::size_t kVersion = proto::kTlsHeaderSize + 4;
  if (proto::looks_like_sslv2_hello(bytes)) return Speaker::client;
  const proto::TlsRecordFrame frame = proto::peek_tls_record(bytes);
  if (frame.state != proto::FrameState::done || bytes.size() <= kVersion ||
      frame.record.type != proto::TlsContent::handshake || bytes[kVersion] != 3)
    return Speaker::unknown;
  const std::uint8_t type = bytes[proto::kTlsHeaderSize];
  if (type == 1) return Speaker::client;
  return type == 2 ? Speaker::server : Speaker::unknown;
}

Speaker by_mqtt_type(proto::MqttType type) {
  switch (type) {
    case proto::MqttType::connect:
    case proto::MqttType::subscribe:
    case proto::MqttType::unsubscribe:
    case proto::MqttType::pingreq: return Speaker::client;
    case proto::MqttType::connack:
    case proto::MqttType::suback:
    case proto::MqttType::unsuback:
    case proto::MqttType::pingresp: return Speaker::server;
    default: return Speaker::unknown;
  }
}

// The first whole packet that tells; what begins with a CONNECT is known before it is whole.
Speaker by_mqtt(core::ByteView bytes, bool certain) {
  while (!bytes.empty()) {
    const proto::MqttFrame frame = proto::peek_mqtt_frame(bytes);
    if (frame.state != proto::FrameState::done) break;
    const bool whole = frame.size <= bytes.size();
    if (!whole && !certain) break;
    const Speaker told = by_mqtt_type(frame.type);
    if (told != Speaker::unknown || !whole) return told;
    bytes = bytes.subspan(frame.size);
  }
  return Speaker::unknown;
}

}  // namespace

Speaker who_says(core::ByteView bytes) {
  const Guess guess = guess_protocol(bytes);
  const bool certain = guess.certainty == Certainty::yes;
  if (certain && guess.protocol == Protocol::tls) return by_hello(bytes);
  if (certain && guess.protocol == Protocol::http)
    return core::as_text(bytes).starts_with("HTTP/") ? Speaker::server : Speaker::client;
  const bool mqtt = certain || looks_like_mqtt(bytes) != Certainty::no;
  return mqtt ? by_mqtt(bytes, certain) : Speaker::unknown;
}

}  // namespace wxsec::flow
