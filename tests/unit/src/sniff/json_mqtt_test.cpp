// Properties of MQTT 5 as JSON: those that may stand in a packet more than once, too.
#include <doctest/doctest.h>

#include "src/sniff/json_lines.h"

using namespace wxsec;
using proto::MqttPropertyId;

namespace {

std::string line_of(const proto::MqttPropertyWriter& properties) {
  proto::MqttPublish publish;
  publish.topic = "wx/a";
  publish.properties = properties.view();
  proto::MqttPacket packet;
  packet.type = proto::MqttType::publish;
  packet.body = publish;
  flow::FlowFacts facts;
  flow::Event event;
  event.flow = &facts;
  event.what = flow::MqttMessage{&packet, proto::MqttVersion::v5, "wx/a", {}};
  json::Buffer out;
  sniff::JsonLines(sniff::Secrets::masked).append(out, event);
  const std::string text(out.text());
  const std::size_t at = text.find("\"properties\":");
  REQUIRE(at != std::string::npos);
  return text.substr(at, text.size() - at - 2);
}

}  // namespace

TEST_CASE("sniff/json_mqtt: every subscription identifier of a publish is told") {
  proto::MqttPropertyWriter one;
  one.number(MqttPropertyId::subscription_identifier, 7);
  CHECK(line_of(one) == "\"properties\":{\"subscription_identifier\":7}");
  proto::MqttPropertyWriter two;
  two.number(MqttPropertyId::subscription_identifier, 268435455);
  two.number(MqttPropertyId::subscription_identifier, 1);
  CHECK(line_of(two) == "\"properties\":{\"subscription_identifier\":[268435455,1]}");
}

TEST_CASE("sniff/json_mqtt: user properties of one name are all told, in their order") {
  proto::MqttPropertyWriter properties;
  properties.user("k", "1").user("k", "2");
  CHECK(line_of(properties) ==
        "\"properties\":{\"user_property\":[{\"name\":\"k\",\"value\":\"1\"},"
        "{\"name\":\"k\",\"value\":\"2\"}]}");
}

TEST_CASE("sniff/json_mqtt: no member stands there twice, whatever the packet says") {
  proto::MqttPropertyWriter properties;
  properties.number(MqttPropertyId::topic_alias, 1).number(MqttPropertyId::topic_alias, 2);
  CHECK(line_of(properties) == "\"properties\":{\"topic_alias\":1}");
}
