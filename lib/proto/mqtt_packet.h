// MQTT control packets, versions 3.1, 3.1.1 and 5.0: bytes to structs of views and back. Pure: no
// I/O, no state between packets except the protocol version, which only CONNECT tells.
//
//     const MqttFrame frame = peek_mqtt_frame(stream);           // done, need_more or bad
//     MqttPacket packet;
//     if (!decode_mqtt(stream.first(frame.size), version, packet)) ...   // packet.problem says why
//     if (const auto* connect = std::get_if<MqttConnect>(&packet.body)) version = connect->version;
//
// Every view points into the bytes that were decoded and lives as long as they do.
// MQTT 3.1 (IBM 2010), MQTT 3.1.1 and 5.0 (OASIS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "lib/core/bytes.h"
#include "lib/proto/frame.h"
#include "lib/proto/mqtt_properties.h"

namespace wxsec::proto {

// The wire value of CONNECT's protocol level.
enum class MqttVersion : std::uint8_t { unknown = 0, v31 = 3, v311 = 4, v5 = 5 };

enum class MqttType : std::uint8_t {
  reserved = 0,
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

// "connect", "publish" and so on; "reserved" for 0.
std::string_view mqtt_type_name(MqttType type);
// "3.1", "3.1.1", "5.0"; "?" for unknown.
std::string_view mqtt_version_name(MqttVersion version);
// The standard's name of a CONNACK return code (3.x) or a reason code (5.0), in lower case;
// "unknown" otherwise. The same number means different things per packet type.
std::string_view mqtt_reason_name(MqttType type, MqttVersion version, std::uint8_t code);

struct MqttWill {
  std::string_view topic;
  core::ByteView payload;
  std::uint8_t qos = 0;
  bool retain = false;
  core::ByteView properties;  // raw, see MqttPropertyReader; empty before 5.0
};

struct MqttConnect {
  MqttVersion version = MqttVersion::v311;
  std::string_view protocol_name;  // "MQTT" or "MQIsdp"; the encoder fills in what is empty
  bool clean_start = true;         // "clean session" before 5.0
  std::uint16_t keep_alive_s = 60;
  std::string_view client_id;
  std::optional<MqttWill> will;
  std::optional<std::string_view> username;
  std::optional<core::ByteView> password;
  core::ByteView properties;
};

struct MqttConnack {
  bool session_present = false;
  std::uint8_t reason = 0;
  core::ByteView properties;
};

struct MqttPublish {
  std::string_view topic;  // empty in 5.0 where a topic alias stands for it
  core::ByteView payload;
  std::uint8_t qos = 0;
  bool retain = false;
  bool duplicate = false;
  std::uint16_t packet_id = 0;  // 0 for QoS 0
  core::ByteView properties;
};

// PUBACK, PUBREC, PUBREL, PUBCOMP.
struct MqttAck {
  std::uint16_t packet_id = 0;
  std::uint8_t reason = 0;
  core::ByteView properties;
};

struct MqttFilter {
  std::string_view topic;
  std::uint8_t options = 0;  // bits 0-1 QoS; 5.0: bit 2 no local, 3 retain as published, 4-5
};

struct MqttSubscribe {
  std::uint16_t packet_id = 0;
  core::ByteView properties;
  core::ByteView filters;  // raw, see MqttFilterReader
};

struct MqttUnsubscribe {
  std::uint16_t packet_id = 0;
  core::ByteView properties;
  core::ByteView filters;
};

// SUBACK and UNSUBACK: one code per filter (UNSUBACK before 5.0: none).
struct MqttSuback {
  std::uint16_t packet_id = 0;
  core::ByteView properties;
  core::ByteView codes;
};

struct MqttPing {};  // PINGREQ, PINGRESP

// DISCONNECT and AUTH.
struct MqttReason {
  std::uint8_t reason = 0;
  core::ByteView properties;
};

using MqttBody = std::variant<std::monostate, MqttConnect, MqttConnack, MqttPublish, MqttAck,
                              MqttSubscribe, MqttUnsubscribe, MqttSuback, MqttPing, MqttReason>;

struct MqttPacket {
  MqttType type = MqttType::reserved;
  std::uint8_t flags = 0;  // low half of the first byte
  std::size_t size = 0;    // of the whole packet
  MqttBody body;
  const char* problem = "";  // after a failed decode: what is wrong, lower case
};

struct MqttFrame {
  FrameState state = FrameState::need_more;
  MqttType type = MqttType::reserved;
  std::uint8_t flags = 0;
  std::size_t header_size = 0;  // 2 to 5
  std::size_t size = 0;         // header and remaining length, up to 268,435,460
};

// The packet at the front of a stream, as far as its fixed header tells: `done` when the header is
// there (the body may not be), `bad` when it cannot be framed: type 0, a five-byte length.
MqttFrame peek_mqtt_frame(core::ByteView stream);

// Could a sane peer have begun a packet like this? Flags, a length that fits the type, and for
// PUBLISH a topic that fits the packet, as far as the bytes are there. For telling MQTT from other
// protocols; decode_mqtt is what judges packets.
bool plausible_mqtt_beginning(const MqttFrame& frame, core::ByteView stream);

// Takes exactly one packet, checks it strictly (flags, lengths, left-over bytes, UTF-8 without NUL,
// QoS, known properties). `version` is the connection's; for CONNECT it is ignored. `unknown` is
// decoded as 3.1.1. False on the first violation; `out.type` and the fields before it are filled.
bool decode_mqtt(core::ByteView packet, MqttVersion version, MqttPacket& out);

// The beginning of a PUBLISH that is too long to wait for: its payload is cut where `beginning` is.
bool decode_mqtt_beginning(core::ByteView beginning, MqttVersion version, MqttPacket& out);

// Walks the topic filters of SUBSCRIBE (with options byte) or UNSUBSCRIBE (without).
class MqttFilterReader {
 public:
  explicit MqttFilterReader(const MqttSubscribe& packet) : in_(packet.filters), options_(true) {}
  explicit MqttFilterReader(const MqttUnsubscribe& packet) : in_(packet.filters), options_(false) {}
  // Nothing at the end, or where the rest is broken (never after decode_mqtt succeeded).
  std::optional<MqttFilter> next();

 private:
  wire::Reader in_;
  bool options_;
};

// Encoders write whatever they are given, also what the standard forbids (attempts need that), as
// far as the lengths fit: strings are cut at 65,535 bytes. `version` decides about properties.
core::Bytes encode_mqtt(const MqttConnect& packet);
core::Bytes encode_mqtt(const MqttConnack& packet, MqttVersion version);
core::Bytes encode_mqtt(const MqttPublish& packet, MqttVersion version);
core::Bytes encode_mqtt_ack(MqttType type, const MqttAck& packet, MqttVersion version);
core::Bytes encode_mqtt_subscribe(std::uint16_t packet_id, std::span<const MqttFilter> filters,
                                  core::ByteView properties, MqttVersion version);
core::Bytes encode_mqtt_unsubscribe(std::uint16_t packet_id, std::span<const MqttFilter> filters,
                                    core::ByteView properties, MqttVersion version);
core::Bytes encode_mqtt_suback(MqttType type, const MqttSuback& packet, MqttVersion version);
core::Bytes encode_mqtt_ping(MqttType type);
// DISCONNECT (before 5.0: two bytes, reason ignored) and AUTH.
core::Bytes encode_mqtt_reason(MqttType type, const MqttReason& packet, MqttVersion version);

}  // namespace wxsec::proto
