// The writing half of mqtt_packet.h: body first, then the fixed header with its length before it.
#include <algorithm>

#include "lib/proto/mqtt_packet.h"
#include "lib/wire/varint.h"

namespace wxsec::proto {
namespace {

core::Bytes framed(MqttType type, unsigned flags, const wire::Writer& body) {
  wire::Writer out;
  out.u8(static_cast<std::uint8_t>((static_cast<unsigned>(type) << 4) | (flags & 0x0FU)));
  const std::size_t length = std::min<std::size_t>(body.size(), wire::kMaxVarint);
  wire::write_varint(out, static_cast<std::uint32_t>(length));
  out.bytes(core::ByteView(body.view()).first(length));
  return out.take();
}

void write_properties(wire::Writer& out, core::ByteView properties, MqttVersion version) {
  if (version != MqttVersion::v5) return;
  wire::write_varint(
      out, static_cast<std::uint32_t>(std::min<std::size_t>(properties.size(), wire::kMaxVarint)));
  out.bytes(properties);
}

unsigned connect_flags(const MqttConnect& packet) {
  unsigned flags = packet.clean_start ? 0x02U : 0U;
  if (packet.will) {
    flags |= 0x04U | ((packet.will->qos & 3U) << 3);
    if (packet.will->retain) flags |= 0x20U;
  }
  if (packet.password) flags |= 0x40U;
  if (packet.username) flags |= 0x80U;
  return flags;
}

// Reason and properties of 5.0, left out where they say nothing (MQTT 5.0 3.4.2.1).
void write_reason(wire::Writer& out, std::uint8_t reason, core::ByteView properties,
                  MqttVersion version) {
  if (version != MqttVersion::v5 || (reason == 0 && properties.empty())) return;
  out.u8(reason);
  write_properties(out, properties, version);
}

}  // namespace

core::Bytes encode_mqtt(const MqttConnect& packet) {
  wire::Writer body;
  const std::string_view usual = packet.version == MqttVersion::v31 ? "MQIsdp" : "MQTT";
  write_mqtt_string(body, packet.protocol_name.empty() ? usual : packet.protocol_name);
  body.u8(static_cast<std::uint8_t>(packet.version));
  body.u8(static_cast<std::uint8_t>(connect_flags(packet)));
  body.u16(packet.keep_alive_s);
  write_properties(body, packet.properties, packet.version);
  write_mqtt_string(body, packet.client_id);
  if (packet.will) {
    write_properties(body, packet.will->properties, packet.version);
    write_mqtt_string(body, packet.will->topic);
    write_mqtt_string(body, core::as_text(packet.will->payload));
  }
  if (packet.username) write_mqtt_string(body, *packet.username);
  if (packet.password) write_mqtt_string(body, core::as_text(*packet.password));
  return framed(MqttType::connect, 0, body);
}

core::Bytes encode_mqtt(const MqttConnack& packet, MqttVersion version) {
  wire::Writer body;
  body.u8(packet.session_present ? 1 : 0);
  body.u8(packet.reason);
  write_properties(body, packet.properties, version);
  return framed(MqttType::connack, 0, body);
}

core::Bytes encode_mqtt(const MqttPublish& packet, MqttVersion version) {
  wire::Writer body;
  write_mqtt_string(body, packet.topic);
  if (packet.qos > 0) body.u16(packet.packet_id);
  write_properties(body, packet.properties, version);
  body.bytes(packet.payload);
  const unsigned flags =
      (packet.duplicate ? 8U : 0U) | ((packet.qos & 3U) << 1) | (packet.retain ? 1U : 0U);
  return framed(MqttType::publish, flags, body);
}

core::Bytes encode_mqtt_ack(MqttType type, const MqttAck& packet, MqttVersion version) {
  wire::Writer body;
  body.u16(packet.packet_id);
  write_reason(body, packet.reason, packet.properties, version);
  return framed(type, type == MqttType::pubrel ? 2U : 0U, body);
}

core::Bytes encode_mqtt_subscribe(std::uint16_t packet_id, std::span<const MqttFilter> filters,
                                  core::ByteView properties, MqttVersion version) {
  wire::Writer body;
  body.u16(packet_id);
  write_properties(body, properties, version);
  for (const MqttFilter& filter : filters) {
    write_mqtt_string(body, filter.topic);
    body.u8(filter.options);
  }
  return framed(MqttType::subscribe, 2, body);
}

core::Bytes encode_mqtt_unsubscribe(std::uint16_t packet_id, std::span<const MqttFilter> filters,
                                    core::ByteView properties, MqttVersion version) {
  wire::Writer body;
  body.u16(packet_id);
  write_properties(body, properties, version);
  for (const MqttFilter& filter : filters) write_mqtt_string(body, filter.topic);
  return framed(MqttType::unsubscribe, 2, body);
}

core::Bytes encode_mqtt_suback(MqttType type, const MqttSuback& packet, MqttVersion version) {
  wire::Writer body;
  body.u16(packet.packet_id);
  write_properties(body, packet.properties, version);
  body.bytes(packet.codes);
  return framed(type, 0, body);
}

core::Bytes encode_mqtt_ping(MqttType type) { return framed(type, 0, wire::Writer()); }

core::Bytes encode_mqtt_reason(MqttType type, const MqttReason& packet, MqttVersion version) {
  wire::Writer body;
  write_reason(body, packet.reason, packet.properties, version);
  return framed(type, 0, body);
}

}  // namespace wxsec::proto
