// An MQTT 5.0 property is an identifier and a value whose shape the identifier decides:
//
//     23 00 01                 topic alias (0x23), two-byte integer 1
//     26 00 01 6b 00 01 76     user property (0x26), a pair of strings: "k" = "v"
//
// So without the table below nobody can even find where the next property begins.
#include "lib/proto/mqtt_properties.h"

#include <algorithm>
#include <array>

#include "lib/wire/varint.h"

namespace wxsec::proto {
namespace {

struct Known {
  MqttPropertyKind kind = MqttPropertyKind::unknown;
  std::string_view name = "unknown";
};

// MQTT 5.0 table 2-4, indexed by identifier.
constexpr std::array<Known, 0x2B> make_table() {
  std::array<Known, 0x2B> table{};
  using Kind = MqttPropertyKind;
  table[0x01] = {Kind::byte, "payload_format_indicator"};
  table[0x02] = {Kind::u32, "message_expiry_interval"};
  table[0x03] = {Kind::text, "content_type"};
  table[0x08] = {Kind::text, "response_topic"};
  table[0x09] = {Kind::binary, "correlation_data"};
  table[0x0B] = {Kind::varint, "subscription_identifier"};
  table[0x11] = {Kind::u32, "session_expiry_interval"};
  table[0x12] = {Kind::text, "assigned_client_identifier"};
  table[0x13] = {Kind::u16, "server_keep_alive"};
  table[0x15] = {Kind::text, "authentication_method"};
  table[0x16] = {Kind::binary, "authentication_data"};
  table[0x17] = {Kind::byte, "request_problem_information"};
  table[0x18] = {Kind::u32, "will_delay_interval"};
  table[0x19] = {Kind::byte, "request_response_information"};
  table[0x1A] = {Kind::text, "response_information"};
  table[0x1C] = {Kind::text, "server_reference"};
  table[0x1F] = {Kind::text, "reason_string"};
  table[0x21] = {Kind::u16, "receive_maximum"};
  table[0x22] = {Kind::u16, "topic_alias_maximum"};
  table[0x23] = {Kind::u16, "topic_alias"};
  table[0x24] = {Kind::byte, "maximum_qos"};
  table[0x25] = {Kind::byte, "retain_available"};
  table[0x26] = {Kind::pair, "user_property"};
  table[0x27] = {Kind::u32, "maximum_packet_size"};
  table[0x28] = {Kind::byte, "wildcard_subscription_available"};
  table[0x29] = {Kind::byte, "subscription_identifier_available"};
  table[0x2A] = {Kind::byte, "shared_subscription_available"};
  return table;
}

constexpr std::array<Known, 0x2B> kTable = make_table();
constexpr Known kUnknown{};

const Known& known(std::uint8_t id) { return id < kTable.size() ? kTable[id] : kUnknown; }

std::string_view read_string(wire::Reader& in) {
  const std::size_t length = in.u16();
  return in.text(length);
}

void read_value(wire::Reader& in, MqttProperty& out) {
  switch (out.kind) {
    case MqttPropertyKind::byte: out.number = in.u8(); break;
    case MqttPropertyKind::u16: out.number = in.u16(); break;
    case MqttPropertyKind::u32: out.number = in.u32(); break;
    case MqttPropertyKind::varint: out.number = wire::read_varint(in); break;
    case MqttPropertyKind::pair:
      out.key = read_string(in);
      out.text = read_string(in);
      break;
    case MqttPropertyKind::text:
    case MqttPropertyKind::binary: out.text = read_string(in); break;
    case MqttPropertyKind::unknown: in.fail(); break;
  }
}

}  // namespace

MqttPropertyKind mqtt_property_kind(std::uint8_t id) { return known(id).kind; }
std::string_view mqtt_property_name(std::uint8_t id) { return known(id).name; }

std::optional<MqttProperty> MqttPropertyReader::next() {
  if (in_.empty()) return std::nullopt;
  // The identifier is a varint by the standard; every one that exists fits one byte.
  const std::uint32_t id = wire::read_varint(in_);
  if (id > 0xFF) in_.fail();
  MqttProperty property;
  property.id = static_cast<MqttPropertyId>(id & 0xFF);
  property.kind = mqtt_property_kind(static_cast<std::uint8_t>(id & 0xFF));
  read_value(in_, property);
  if (!in_.ok()) return std::nullopt;
  return property;
}

std::optional<MqttProperty> find_mqtt_property(core::ByteView properties, MqttPropertyId id) {
  MqttPropertyReader reader(properties);
  while (const auto property = reader.next()) {
    if (property->id == id) return property;
  }
  return std::nullopt;
}

void write_mqtt_string(wire::Writer& out, std::string_view text) {
  const std::string_view cut = text.substr(0, 0xFFFF);
  out.u16(static_cast<std::uint16_t>(cut.size()));
  out.text(cut);
}

MqttPropertyWriter& MqttPropertyWriter::number(MqttPropertyId id, std::uint32_t value) {
  const auto raw = static_cast<std::uint8_t>(id);
  out_.u8(raw);
  switch (mqtt_property_kind(raw)) {
    case MqttPropertyKind::byte: out_.u8(static_cast<std::uint8_t>(value & 0xFF)); break;
    case MqttPropertyKind::u16: out_.u16(static_cast<std::uint16_t>(value & 0xFFFF)); break;
    case MqttPropertyKind::varint:
      wire::write_varint(out_, std::min(value, wire::kMaxVarint));
      break;
    default: out_.u32(value); break;
  }
  return *this;
}

MqttPropertyWriter& MqttPropertyWriter::text(MqttPropertyId id, std::string_view value) {
  out_.u8(static_cast<std::uint8_t>(id));
  write_mqtt_string(out_, value);
  return *this;
}

MqttPropertyWriter& MqttPropertyWriter::user(std::string_view key, std::string_view value) {
  out_.u8(static_cast<std::uint8_t>(MqttPropertyId::user_property));
  write_mqtt_string(out_, key);
  write_mqtt_string(out_, value);
  return *this;
}

}  // namespace wxsec::proto
