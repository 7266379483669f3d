#include "src/sniff/broken_connect.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/proto/mqtt_packet.h"

using namespace wxsec;

namespace {

core::Bytes connect() {
  proto::MqttConnect packet;
  packet.client_id = "c";
  packet.will = proto::MqttWill{};
  packet.will->topic = "t";
  packet.username = "user";
  packet.password = core::as_bytes("secret");
  return proto::encode_mqtt(packet);
}

}  // namespace

TEST_CASE("sniff/broken_connect: every truncation gives the part of the password that is there") {
  const core::Bytes whole = connect();
  const std::string_view password = "secret";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const auto read = sniff::read_broken_connect(core::ByteView(whole).first(size));
    if (!read) {
      CHECK(size < 2);
      continue;
    }
    const std::size_t missing = whole.size() - size;
    const std::size_t left = password.size() - std::min(password.size(), missing);
    CHECK(read->password == password.substr(0, left));
    CHECK(read->rest.empty());
    if (missing < password.size()) CHECK(read->password_cut == (missing > 0));
  }
}

TEST_CASE(
    "sniff/broken_connect: a version that nobody knows, a flag that nobody may set, bytes left") {
  core::Bytes packet = connect();
  packet[8] = 9;      // protocol level
  packet[9] |= 0x01;  // reserved flag
  packet.push_back('z');
  ++packet[1];
  proto::MqttPacket strict;
  CHECK_FALSE(proto::decode_mqtt(packet, proto::MqttVersion::unknown, strict));
  const auto read = sniff::read_broken_connect(packet);
  REQUIRE(read);
  CHECK(read->username == "user");
  CHECK(read->password == "secret");
  CHECK(read->rest == "z");
  packet[0] = 0x30;
  CHECK_FALSE(sniff::read_broken_connect(packet));
}

TEST_CASE("sniff/broken_connect: authentication data is read as far as it is there") {
  proto::MqttPropertyWriter properties;
  properties.user("note", "x").text(proto::MqttPropertyId::authentication_data, "proof");
  proto::MqttConnect connect;
  connect.version = proto::MqttVersion::v5;
  connect.properties = properties.view();
  const core::Bytes packet = proto::encode_mqtt(connect);
  const auto whole = sniff::read_broken_connect(packet);
  REQUIRE(whole);
  CHECK(whole->authentication_data == "proof");
  CHECK_FALSE(whole->authentication_data_cut);
  const std::size_t behind = 2;  // the client id's length
  const auto cut =
      sniff::read_broken_connect(core::ByteView(packet).first(packet.size() - behind - 3));
  REQUIRE(cut);
  CHECK(cut->authentication_data == "pr");
  CHECK(cut->authentication_data_cut);
}
