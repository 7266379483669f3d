// MQTT 5.0 properties (section 2.2.2): a walk over their bytes and a builder. Views into the input.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/wire/reader.h"
#include "lib/wire/writer.h"

namespace wxsec::proto {

enum class MqttPropertyId : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

enum class MqttPropertyKind : std::uint8_t { unknown, byte, u16, u32, varint, text, binary, pair };

// What shape the value has; `unknown` for an identifier that the standard does not list.
MqttPropertyKind mqtt_property_kind(std::uint8_t id);
// The standard's name in snake_case ("topic_alias"); "unknown" otherwise.
std::string_view mqtt_property_name(std::uint8_t id);

struct MqttProperty {
  MqttPropertyId id = MqttPropertyId::user_property;
  MqttPropertyKind kind = MqttPropertyKind::unknown;
  std::uint32_t number = 0;  // byte, u16, u32, varint
  std::string_view key;      // pair
  std::string_view text;     // text, pair's value, binary (as bytes)
};

class MqttPropertyReader {
 public:
  explicit MqttPropertyReader(core::ByteView properties) : in_(properties) {}
  // The next one; nothing at the end or at a violation, after which ok() is false.
  std::optional<MqttProperty> next();
  bool ok() const { return in_.ok(); }
  // Bytes read so far; all of them after a violation.
  std::size_t offset() const { return in_.offset(); }

 private:
  wire::Reader in_;
};

// The first property with this id, if it is there.
std::optional<MqttProperty> find_mqtt_property(core::ByteView properties, MqttPropertyId id);

// Appends properties in the order of the calls; view() is what a packet's `properties` takes.
class MqttPropertyWriter {
 public:
  MqttPropertyWriter& number(MqttPropertyId id, std::uint32_t value);
  MqttPropertyWriter& text(MqttPropertyId id, std::string_view value);  // also binary
  MqttPropertyWriter& user(std::string_view key, std::string_view value);
  core::ByteView view() const { return out_.view(); }

 private:
  wire::Writer out_;
};

// Two bytes of length and the string, cut at 65,535 bytes (MQTT 1.5.4).
void write_mqtt_string(wire::Writer& out, std::string_view text);

}  // namespace wxsec::proto
