#include "lib/proto/mqtt_packet.h"

#include <doctest/doctest.h>

#include "lib/core/hex.h"
#include "lib/wire/varint.h"
#include "tests/support/vector_file.h"

using namespace wxsec;
using namespace wxsec::proto;

namespace {

struct Vector {
  const char* name;
  MqttVersion version;
  MqttType type;
};
const Vector kVectors[] = {
    {"v31_connect", MqttVersion::v31, MqttType::connect},
    {"v31_connack", MqttVersion::v31, MqttType::connack},
    {"v31_publish", MqttVersion::v31, MqttType::publish},
    {"v31_subscribe", MqttVersion::v31, MqttType::subscribe},
    {"v31_suback", MqttVersion::v31, MqttType::suback},
    {"v311_connect", MqttVersion::v311, MqttType::connect},
    {"v311_connack", MqttVersion::v311, MqttType::connack},
    {"v311_publish", MqttVersion::v311, MqttType::publish},
    {"v311_puback", MqttVersion::v311, MqttType::puback},
    {"v311_pubrec", MqttVersion::v311, MqttType::pubrec},
    {"v311_pubrel", MqttVersion::v311, MqttType::pubrel},
    {"v311_pubcomp", MqttVersion::v311, MqttType::pubcomp},
    {"v311_subscribe", MqttVersion::v311, MqttType::subscribe},
    {"v311_suback", MqttVersion::v311, MqttType::suback},
    {"v311_disconnect", MqttVersion::v311, MqttType::disconnect},
    {"v311_connect_auth_will", MqttVersion::v311, MqttType::connect},
    {"v5_connect", MqttVersion::v5, MqttType::connect},
    {"v5_connack", MqttVersion::v5, MqttType::connack},
    {"v5_publish", MqttVersion::v5, MqttType::publish},
    {"v5_puback", MqttVersion::v5, MqttType::puback},
    {"v5_pubrec", MqttVersion::v5, MqttType::pubrec},
    {"v5_pubrel", MqttVersion::v5, MqttType::pubrel},
    {"v5_pubcomp", MqttVersion::v5, MqttType::pubcomp},
    {"v5_subscribe", MqttVersion::v5, MqttType::subscribe},
    {"v5_suback", MqttVersion::v5, MqttType::suback},
    {"v5_disconnect", MqttVersion::v5, MqttType::disconnect},
    {"v5_connect_auth_will", MqttVersion::v5, MqttType::connect},
    {"v5_publish_properties", MqttVersion::v5, MqttType::publish},
};

core::Bytes load(const Vector& vector) {
  return test::vector_bytes(std::string("mqtt/") + vector.name + ".hex");
}

// Encodes again what was decoded.
core::Bytes encoded(const MqttPacket& packet, MqttVersion version) {
  std::vector<MqttFilter> filters;
  if (const auto* a = std::get_if<MqttConnect>(&packet.body)) return encode_mqtt(*a);
  if (const auto* a = std::get_if<MqttConnack>(&packet.body)) return encode_mqtt(*a, version);
  if (const auto* a = std::get_if<MqttPublish>(&packet.body)) return encode_mqtt(*a, version);
  if (const auto* a = std::get_if<MqttAck>(&packet.body))
    return encode_mqtt_ack(packet.type, *a, version);
  if (const auto* a = std::get_if<MqttSubscribe>(&packet.body)) {
    MqttFilterReader reader(*a);
    while (const auto filter = reader.next()) filters.push_back(*filter);
    return encode_mqtt_subscribe(a->packet_id, filters, a->properties, version);
  }
  if (const auto* a = std::get_if<MqttSuback>(&packet.body))
    return encode_mqtt_suback(packet.type, *a, version);
  if (const auto* a = std::get_if<MqttReason>(&packet.body))
    return encode_mqtt_reason(packet.type, *a, version);
  return {};
}

}  // namespace

TEST_CASE("proto/mqtt: packets of mosquitto decode, and encode to the same bytes") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.name);
    const core::Bytes bytes = load(vector);
    REQUIRE(!bytes.empty());
    MqttPacket packet;
    REQUIRE_MESSAGE(decode_mqtt(bytes, vector.version, packet), packet.problem);
    CHECK(packet.type == vector.type);
    CHECK(core::to_hex(encoded(packet, vector.version)) == core::to_hex(bytes));
  }
}

TEST_CASE("proto/mqtt: every truncation of every vector is refused") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.name);
    const core::Bytes bytes = load(vector);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const core::ByteView cut = core::ByteView(bytes).first(size);
      MqttPacket packet;
      CHECK_FALSE(decode_mqtt(cut, vector.version, packet));
      const MqttFrame frame = peek_mqtt_frame(cut);
      CHECK((frame.state == FrameState::need_more || frame.size > size));
    }
  }
}

TEST_CASE("proto/mqtt: a body that is shorter than its fields is refused at every length") {
  // MQTT 5.0 3.4.2.1 lets acknowledgements and DISCONNECT end early, and a payload may be any
  // length.
  for (const Vector& vector : kVectors) {
    if (vector.type != MqttType::connect && vector.type != MqttType::connack) continue;
    CAPTURE(vector.name);
    const core::Bytes bytes = load(vector);
    const MqttFrame frame = peek_mqtt_frame(bytes);
    for (std::size_t length = 0; length + frame.header_size < bytes.size(); ++length) {
      wire::Writer out;
      out.u8(bytes[0]);
      wire::write_varint(out, static_cast<std::uint32_t>(length));
      out.bytes(core::ByteView(bytes).subspan(frame.header_size, length));
      MqttPacket packet;
      CHECK_FALSE(decode_mqtt(out.view(), vector.version, packet));
      CHECK(std::string_view(packet.problem) != "");
    }
  }
}

TEST_CASE("proto/mqtt: CONNECT gives will, user name and password") {
  MqttPacket packet;
  const core::Bytes bytes = test::vector_bytes("mqtt/v311_connect_auth_will.hex");
  REQUIRE(decode_mqtt(bytes, MqttVersion::unknown, packet));
  const auto& connect = std::get<MqttConnect>(packet.body);
  CHECK(connect.version == MqttVersion::v311);
  CHECK(connect.client_id == "st07");
  CHECK(connect.username.value_or("") == "station07");
  CHECK(core::as_text(connect.password.value_or(core::ByteView{})).size() == 11);
  REQUIRE(connect.will);
  CHECK(connect.will->topic == "weather/st07/status");
  CHECK(core::as_text(connect.will->payload) == "offline");
}

TEST_CASE("proto/mqtt: properties of 5.0 by name, kind and value") {
  MqttPacket packet;
  const core::Bytes bytes = test::vector_bytes("mqtt/v5_publish_properties.hex");
  REQUIRE(decode_mqtt(bytes, MqttVersion::v5, packet));
  const auto& publish = std::get<MqttPublish>(packet.body);
  CHECK(find_mqtt_property(publish.properties, MqttPropertyId::content_type)->text ==
        "application/json");
  CHECK(find_mqtt_property(publish.properties, MqttPropertyId::response_topic)->text == "r/1");
  const auto user = find_mqtt_property(publish.properties, MqttPropertyId::user_property);
  REQUIRE(user);
  CHECK(user->key == "k");
  CHECK(user->text == "v");
  CHECK_FALSE(find_mqtt_property(publish.properties, MqttPropertyId::topic_alias));
}

TEST_CASE("proto/mqtt: every property survives writing and reading") {
  for (unsigned id = 0; id < 256; ++id) {
    const MqttPropertyKind kind = mqtt_property_kind(static_cast<std::uint8_t>(id));
    if (kind == MqttPropertyKind::unknown) continue;
    CAPTURE(id);
    CHECK(mqtt_property_name(static_cast<std::uint8_t>(id)) != "unknown");
    const auto the_id = static_cast<MqttPropertyId>(id);
    MqttPropertyWriter out;
    if (kind == MqttPropertyKind::pair) {
      out.user("key", "value");
    } else if (kind == MqttPropertyKind::text || kind == MqttPropertyKind::binary) {
      out.text(the_id, "value");
    } else {
      out.number(the_id, 7);
    }
    MqttPropertyReader reader(out.view());
    const auto property = reader.next();
    REQUIRE(property);
    CHECK(property->id == the_id);
    CHECK((property->number == 7 || property->text == "value"));
    CHECK_FALSE(reader.next());
    CHECK(reader.ok());
  }
}

TEST_CASE("proto/mqtt: an unknown property is malformed") {
  const core::Bytes bytes = {0x7F, 0x01};
  MqttPropertyReader reader(bytes);
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.ok());
}

TEST_CASE("proto/mqtt: what the standard forbids is refused, each for its own reason") {
  struct Wrong {
    const char* hex;
    const char* problem;
  };
  const Wrong cases[] = {
      {"3606000161000161", "forbidden flags in the fixed header"},  // QoS 3
      {"3003000123", "topic of a publish holds a wildcard"},        // '#'
      {"3004000200ff", "topic is not UTF-8"},
      {"c001ff", "bytes left over after the last field"},
      {"82020001", "no topic filter"},
      {"8206000100016103", "subscription QoS 3"},
      {"8006000100016101", "forbidden flags in the fixed header"},
      {"100c00044d5154540602003c0000", "unknown protocol level"},
      {"100c00044d5154540403003c0000", "reserved connect flag is set"},
  };
  for (const Wrong& wrong : cases) {
    CAPTURE(wrong.hex);
    MqttPacket packet;
    const core::Bytes bytes = core::from_hex(wrong.hex).value();
    CHECK_FALSE(decode_mqtt(bytes, MqttVersion::v311, packet));
    CHECK(std::string_view(packet.problem) == wrong.problem);
  }
}

TEST_CASE("proto/mqtt: lengths up to four bytes are framed, five are bad") {
  CHECK(peek_mqtt_frame(core::from_hex("30ffffff7f").value()).size == 268'435'460);
  CHECK(peek_mqtt_frame(core::from_hex("30ffffffff").value()).state == FrameState::bad);
  CHECK(peek_mqtt_frame(core::from_hex("30ffffff").value()).state == FrameState::need_more);
  CHECK(peek_mqtt_frame(core::from_hex("0000").value()).state == FrameState::bad);
}

TEST_CASE("proto/mqtt: the beginning of a long PUBLISH gives its topic") {
  const core::Bytes bytes = core::from_hex("30ffff7f0001616465").value();
  MqttPacket packet;
  REQUIRE(decode_mqtt_beginning(bytes, MqttVersion::v311, packet));
  CHECK(std::get<MqttPublish>(packet.body).topic == "a");
  CHECK(std::get<MqttPublish>(packet.body).payload.size() == 2);
}

TEST_CASE("proto/mqtt: codes have the names of the standard") {
  CHECK(mqtt_reason_name(MqttType::connack, MqttVersion::v311, 5) == "not authorized");
  CHECK(mqtt_reason_name(MqttType::puback, MqttVersion::v5, 0x87) == "not authorized");
  CHECK(mqtt_reason_name(MqttType::suback, MqttVersion::v311, 0x80) == "failure");
  CHECK(mqtt_reason_name(MqttType::disconnect, MqttVersion::v5, 0) == "normal disconnection");
  CHECK(mqtt_reason_name(MqttType::puback, MqttVersion::v5, 0x55) == "unknown");
}
