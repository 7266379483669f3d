// Topic aliases of MQTT 5 (3.3.2.3.4): numbers that stand for topics, as long as it is sure for
// which.
#include <doctest/doctest.h>

#include "lib/flow/engine.h"
#include "tests/support/tcp_talk.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::Segment;

namespace {

std::string text_of(const core::Bytes& bytes) { return std::string(core::as_text(bytes)); }

std::string connect() {
  proto::MqttConnect packet;
  packet.version = proto::MqttVersion::v5;
  packet.client_id = "station-0001";
  return text_of(proto::encode_mqtt(packet));
}

std::string publish(std::string_view topic, std::uint32_t alias, std::string_view payload) {
  proto::MqttPropertyWriter properties;
  if (alias != 0) properties.number(proto::MqttPropertyId::topic_alias, alias);
  proto::MqttPublish packet;
  packet.topic = topic;
  packet.payload = core::as_bytes(payload);
  packet.properties = properties.view();
  return text_of(proto::encode_mqtt(packet, proto::MqttVersion::v5));
}

// "topic=payload" of each publish, "?=payload" where the topic is unresolved.
struct Run {
  std::vector<std::string> heard;
  std::size_t most_held = 0;

  explicit Run(const std::vector<std::string>& segments, std::size_t lost = SIZE_MAX,
               EngineLimits limits = {}) {
    Engine engine(limits, [this](const Event& event) {
      const auto* message = std::get_if<MqttMessage>(&event.what);
      if (message == nullptr) return;
      const auto* body = std::get_if<proto::MqttPublish>(&message->packet->body);
      if (body == nullptr) return;
      CHECK(message->topic_unresolved() == message->topic.empty());
      heard.push_back((message->topic.empty() ? "?" : std::string(message->topic)) + "=" +
                      std::string(core::as_text(body->payload)));
    });
    std::uint32_t at = 1;
    feed(engine, {.sequence = 0, .flags = "S"});
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (i != lost) feed(engine, {.sequence = at, .payload = segments[i]});
      at += static_cast<std::uint32_t>(segments[i].size());
    }
    engine.finish();
  }

 private:
  void feed(Engine& engine, const Segment& segment) {
    const core::Bytes bytes = test::ethernet(segment);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.original_size = static_cast<std::uint32_t>(bytes.size());
    packet.number = ++number_;
    packet.time_ns = static_cast<std::int64_t>(number_) * 1'000'000;
    engine.take(packet);
    most_held = std::max(most_held, engine.held());
  }
  std::uint64_t number_ = 0;
};

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("flow/mqtt_alias: an alias stands for the topic that it was given last") {
  CHECK(Run({connect(), publish("wx/a", 1, "1"), publish("", 1, "2"), publish("wx/b", 1, "3"),
             publish("", 1, "4"), publish("", 2, "5")})
            .heard == Heard{"wx/a=1", "wx/a=2", "wx/b=3", "wx/b=4", "?=5"});
}

TEST_CASE("flow/mqtt_alias: however often an alias is bound anew, the last topic is known") {
  std::vector<std::string> segments = {connect()};
  const std::string filler(1000, 'x');
  for (std::uint32_t i = 0; i < 3000; ++i)
    segments.push_back(publish("wx/" + std::to_string(i) + filler, 1 + i % 10, "p"));
  segments.push_back(publish("", 10, "last"));
  CHECK(Run(segments).heard.back() == "wx/2999" + filler + "=last");
}

TEST_CASE("flow/mqtt_alias: after a loss no alias is sure, until it is bound again") {
  const std::vector<std::string> segments = {connect(),
                                             publish("wx/A", 1, "one"),
                                             publish("wx/B", 1, "two"),
                                             publish("", 1, "three"),
                                             publish("wx/C", 1, "four"),
                                             publish("", 1, "five")};
  CHECK(Run(segments, 2).heard == Heard{"wx/A=one", "?=three", "wx/C=four", "wx/C=five"});
}

TEST_CASE("flow/mqtt_alias: a hole inside one payload leaves the aliases as they are") {
  const std::string big = publish("wx/B", 1, std::string(3000, 'x'));
  const std::vector<std::string> segments = {
      connect(),        publish("wx/A", 2, "one"), big.substr(0, 1000),    big.substr(1000, 1000),
      big.substr(2000), publish("", 2, "two"),     publish("", 1, "three")};
  CHECK(Run(segments, 3).heard == Heard{"wx/A=one", "wx/A=two", "wx/B=three"});
}

TEST_CASE("flow/mqtt_alias: aliases are counted among what is held, and given up for room") {
  std::vector<std::string> segments = {connect()};
  for (std::uint32_t i = 1; i <= 4000; ++i)
    segments.push_back(publish("wx/" + std::to_string(i) + std::string(1000, 'x'), i, "p"));
  const Run run(segments);
  CHECK(run.heard.size() == 4000);
  CHECK(run.most_held > 900'000);
  CHECK(run.most_held < 1'200'000);
  EngineLimits limits;
  limits.max_held = 200'000;
  CHECK(Run(segments, SIZE_MAX, limits).most_held < 220'000);
}
