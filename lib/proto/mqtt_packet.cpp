// An MQTT packet is a type with four flag bits, a length of one to four bytes, and a body:
//
//     30 13            PUBLISH, QoS 0; 19 bytes follow
//     00 08 77 78 ...  topic, two bytes of length before it
//     ...              what is left is the payload
//
// Nothing in it is encrypted or authenticated; CONNECT carries user name and password as they are.
// That is the whole reason for TLS under it. Here is only the reading: the body's reader cannot see
// beyond the length, and bytes that are left over make the packet malformed.
#include "lib/proto/mqtt_packet.h"

#include "lib/proto/utf8.h"
#include "lib/wire/varint.h"

namespace wxsec::proto {
namespace {

// Collects the first violation; a decoder goes on reading zeros after it and returns at its end.
struct Decoder {
  wire::Reader in;
  bool v5 = false;
  const char* problem = nullptr;

  void require(bool condition, const char* what) {
    if (!condition && problem == nullptr) problem = what;
  }
  core::ByteView binary() {
    const std::size_t length = in.u16();
    return in.bytes(length);
  }
  // MQTT 5.0 1.5.4: well-formed UTF-8 without U+0000.
  std::string_view string(const char* what) {
    const std::string_view text = core::as_text(binary());
    require(is_mqtt_utf8(text), what);
    return text;
  }
  core::ByteView properties() {
    if (!v5) return {};
    const std::size_t length = wire::read_varint(in);
    const core::ByteView raw = in.bytes(length);
    MqttPropertyReader reader(raw);
    while (reader.next()) {
    }
    require(reader.ok(), "malformed properties");
    return raw;
  }
  bool finish() {
    require(in.ok(), "shorter than its fields");
    require(in.empty(), "bytes left over after the last field");
    return problem == nullptr;
  }
};

MqttVersion version_from_level(std::uint8_t level) {
  switch (level & 0x7FU) {  // bridges set bit 7
    case 3: return MqttVersion::v31;
    case 4: return MqttVersion::v311;
    case 5: return MqttVersion::v5;
    default: return MqttVersion::unknown;
  }
}

void decode_will(Decoder& decoder, std::uint8_t flags, MqttConnect& out) {
  if ((flags & 0x04U) == 0) return;
  MqttWill will;
  will.qos = (flags >> 3) & 3U;
  will.retain = (flags & 0x20U) != 0;
  will.properties = decoder.properties();
  will.topic = decoder.string("will topic is not UTF-8");
  will.payload = decoder.binary();
  decoder.require(will.qos < 3, "will QoS 3");
  out.will = will;
}

void decode(Decoder& decoder, MqttConnect& out) {
  out.protocol_name = decoder.string("protocol name is not UTF-8");
  out.version = version_from_level(decoder.in.u8());
  const std::uint8_t flags = decoder.in.u8();
  out.keep_alive_s = decoder.in.u16();
  decoder.v5 = out.version == MqttVersion::v5;
  decoder.require(out.version != MqttVersion::unknown, "unknown protocol level");
  decoder.require(out.protocol_name == "MQTT" || out.protocol_name == "MQIsdp",
                  "protocol name is neither MQTT nor MQIsdp");
  decoder.require((flags & 0x01U) == 0, "reserved connect flag is set");
  if (decoder.problem != nullptr) return;
  out.clean_start = (flags & 0x02U) != 0;
  out.properties = decoder.properties();
  out.client_id = decoder.string("client id is not UTF-8");
  decode_will(decoder, flags, out);
  if ((flags & 0x80U) != 0) out.username = decoder.string("user name is not UTF-8");
  if ((flags & 0x40U) != 0) out.password = decoder.binary();
}

void decode(Decoder& decoder, MqttConnack& out) {
  out.session_present = (decoder.in.u8() & 1U) != 0;
  out.reason = decoder.in.u8();
  out.properties = decoder.properties();
}

void decode(Decoder& decoder, std::uint8_t flags, MqttPublish& out) {
  out.duplicate = (flags & 0x08U) != 0;
  out.qos = (flags >> 1) & 3U;
  out.retain = (flags & 0x01U) != 0;
  out.topic = decoder.string("topic is not UTF-8");
  decoder.require(out.topic.find('+') == std::string_view::npos &&
                      out.topic.find('#') == std::string_view::npos,
                  "topic of a publish holds a wildcard");
  if (out.qos > 0) out.packet_id = decoder.in.u16();
  out.properties = decoder.properties();
  out.payload = decoder.in.rest();
}

void decode(Decoder& decoder, MqttAck& out) {
  out.packet_id = decoder.in.u16();
  // MQTT 5.0 3.4.2.1: reason and properties may be left out.
  if (!decoder.v5 || decoder.in.empty()) return;
  out.reason = decoder.in.u8();
  if (!decoder.in.empty()) out.properties = decoder.properties();
}

void decode_filters(Decoder& decoder, bool options) {
  decoder.require(!decoder.in.empty(), "no topic filter");
  while (!decoder.in.empty()) {
    decoder.string("topic filter is not UTF-8");
    if (!options) continue;
    const std::uint8_t bits = decoder.in.u8();
    decoder.require((bits & 3U) < 3, "subscription QoS 3");
  }
}

template <class Packet>
void decode_subscription(Decoder& decoder, bool options, Packet& out) {
  out.packet_id = decoder.in.u16();
  out.properties = decoder.properties();
  wire::Reader rest = decoder.in;
  out.filters = rest.rest();
  decode_filters(decoder, options);
}

void decode(Decoder& decoder, MqttSuback& out) {
  out.packet_id = decoder.in.u16();
  out.properties = decoder.properties();
  out.codes = decoder.in.rest();
}

void decode(Decoder& decoder, MqttReason& out) {
  if (!decoder.v5 || decoder.in.empty()) return;
  out.reason = decoder.in.u8();
  if (!decoder.in.empty()) out.properties = decoder.properties();
}

void decode_body(Decoder& decoder, MqttPacket& out) {
  switch (out.type) {
    case MqttType::connect: return decode(decoder, out.body.emplace<MqttConnect>());
    case MqttType::connack: return decode(decoder, out.body.emplace<MqttConnack>());
    case MqttType::publish: return decode(decoder, out.flags, out.body.emplace<MqttPublish>());
    case MqttType::puback:
    case MqttType::pubrec:
    case MqttType::pubrel:
    case MqttType::pubcomp: return decode(decoder, out.body.emplace<MqttAck>());
    case MqttType::subscribe:
      return decode_subscription(decoder, true, out.body.emplace<MqttSubscribe>());
    case MqttType::unsubscribe:
      return decode_subscription(decoder, false, out.body.emplace<MqttUnsubscribe>());
    case MqttType::suback:
    case MqttType::unsuback: return decode(decoder, out.body.emplace<MqttSuback>());
    case MqttType::pingreq:
    case MqttType::pingresp: out.body.emplace<MqttPing>(); return;
    case MqttType::disconnect:
    case MqttType::auth: return decode(decoder, out.body.emplace<MqttReason>());
    case MqttType::reserved: break;
  }
  out.body.emplace<std::monostate>();
}

// MQTT 5.0 table 2-2: only PUBLISH is free in its flags. 3.1 sets DUP and QoS in PUBREL,
// SUBSCRIBE and UNSUBSCRIBE, so bit 3 (DUP) is tolerated there.
bool flags_allowed(MqttType type, std::uint8_t flags) {
  switch (type) {
    case MqttType::reserved: return false;
    case MqttType::publish: return (flags & 0x06U) != 0x06U;
    case MqttType::pubrel:
    case MqttType::subscribe:
    case MqttType::unsubscribe: return (flags & 0x07U) == 0x02U;
    default: return flags == 0;
  }
}

}  // namespace

MqttFrame peek_mqtt_frame(core::ByteView stream) {
  MqttFrame frame;
  if (stream.empty()) return frame;
  frame.type = static_cast<MqttType>(stream[0] >> 4);
  frame.flags = stream[0] & 0x0FU;
  if (frame.type == MqttType::reserved) {
    frame.state = FrameState::bad;
    return frame;
  }
  const wire::Varint length = wire::peek_varint(stream.subspan(1));
  if (length.state == wire::VarintState::bad) frame.state = FrameState::bad;
  if (length.state != wire::VarintState::done) return frame;
  frame.state = FrameState::done;
  frame.header_size = 1 + length.length;
  frame.size = frame.header_size + length.value;
  return frame;
}

bool plausible_mqtt_beginning(const MqttFrame& frame, core::ByteView stream) {
  if (frame.state == FrameState::bad || !flags_allowed(frame.type, frame.flags)) return false;
  if (frame.state != FrameState::done) return true;
  const std::size_t length = frame.size - frame.header_size;
  switch (frame.type) {
    case MqttType::pingreq:
    case MqttType::pingresp: return length == 0;
    case MqttType::connack:
    case MqttType::puback:
    case MqttType::pubrec:
    case MqttType::pubrel:
    case MqttType::pubcomp: return length >= 2;
    case MqttType::publish: {
      wire::Reader in(stream.subspan(frame.header_size));
      const std::size_t topic = in.u16();
      return !in.ok() || topic + 2 <= length;
    }
    default: return true;
  }
}

bool decode_mqtt_beginning(core::ByteView beginning, MqttVersion version, MqttPacket& out) {
  const MqttFrame frame = peek_mqtt_frame(beginning);
  out.type = frame.type;
  out.flags = frame.flags;
  out.size = frame.size;
  out.problem = "";
  if (frame.state != FrameState::done || frame.type != MqttType::publish) return false;
  Decoder decoder{wire::Reader(beginning.subspan(frame.header_size)), version == MqttVersion::v5,
                  nullptr};
  decode_body(decoder, out);
  return decoder.finish();
}

bool decode_mqtt(core::ByteView packet, MqttVersion version, MqttPacket& out) {
  const MqttFrame frame = peek_mqtt_frame(packet);
  out.type = frame.type;
  out.flags = frame.flags;
  out.size = packet.size();
  out.problem = "";
  if (frame.state != FrameState::done || frame.size != packet.size()) {
    out.body.emplace<std::monostate>();
    out.problem = frame.state == FrameState::bad ? "impossible fixed header" : "length differs";
    return false;
  }
  Decoder decoder{wire::Reader(packet.subspan(frame.header_size)), version == MqttVersion::v5,
                  nullptr};
  decoder.require(flags_allowed(frame.type, frame.flags), "forbidden flags in the fixed header");
  decode_body(decoder, out);
  if (decoder.finish()) return true;
  out.problem = decoder.problem;
  return false;
}

std::optional<MqttFilter> MqttFilterReader::next() {
  if (in_.empty()) return std::nullopt;
  MqttFilter filter;
  const std::size_t length = in_.u16();
  filter.topic = in_.text(length);
  if (options_) filter.options = in_.u8();
  if (!in_.ok()) return std::nullopt;
  return filter;
}

}  // namespace wxsec::proto
