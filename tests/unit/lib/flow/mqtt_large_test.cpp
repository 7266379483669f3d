// MQTT packets above our limit: told when they are complete, or where they break off.
#include <doctest/doctest.h>

#include "tests/support/talk_builder.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::TalkBuilder;

namespace {

using Notes = std::vector<std::string>;

// "packet topic", with "..." if truncated and "~" behind what is incomplete.
Notes notes(const TalkBuilder& talk, std::size_t* shown = nullptr) {
  Notes out;
  talk.run([&](const Event& event) {
    if (const auto* const mqtt = std::get_if<MqttMessage>(&event.what)) {
      out.push_back(std::to_string(event.packet) + " " + std::string(mqtt->topic) +
                    (mqtt->truncated ? "..." : "") + (mqtt->incomplete ? "~" : ""));
      const auto* const publish = std::get_if<proto::MqttPublish>(&mqtt->packet->body);
      if (shown != nullptr && mqtt->truncated && publish != nullptr)
        *shown = publish->payload.size();
    } else if (std::holds_alternative<MqttProblem>(event.what)) {
      out.push_back(std::to_string(event.packet) + " problem");
    }
  });
  return out;
}

const std::string kLarge = test::mqtt_publish("wx/big", std::string(2'000'000, 'z'));  // 51 packets

TalkBuilder begun() {
  TalkBuilder talk;
  talk.client(test::mqtt_connect());  // packet 3
  return talk;
}

}  // namespace

TEST_CASE("flow/mqtt_large: such a packet is told with the packet that completes it") {
  std::size_t shown = 0;
  TalkBuilder talk = begun();
  talk.client(kLarge + test::mqtt_publish("wx/a")).client(test::mqtt_publish("wx/b"));
  CHECK(notes(talk, &shown) == Notes{"3 ", "54 wx/big...", "54 wx/a", "55 wx/b"});
  CHECK(shown > 60'000);
  CHECK(shown < 200'000);
}

TEST_CASE("flow/mqtt_large: one that breaks off is told as incomplete") {
  TalkBuilder talk = begun();
  talk.client(kLarge.substr(0, 200'000));
  CHECK(notes(talk) == Notes{"3 ", "8 wx/big...~"});
}

TEST_CASE("flow/mqtt_large: so is one of which bytes are lost, and what follows is heard") {
  TalkBuilder within = begun();
  within.client(kLarge.substr(0, 400'000)).lost_client(kLarge.substr(400'000, 400'000));
  within.client(kLarge.substr(800'000) + test::mqtt_publish("wx/a"));
  CHECK(notes(within) == Notes{"3 ", "44 wx/big...~", "44 wx/a"});

  TalkBuilder to_its_end = begun();
  to_its_end.client(kLarge.substr(0, 400'000)).lost_client(kLarge.substr(400'000));
  to_its_end.client(test::mqtt_publish("wx/a"));
  CHECK(notes(to_its_end) == Notes{"3 ", "14 wx/big...~", "14 wx/a"});

  TalkBuilder beyond = begun();
  beyond.client(kLarge.substr(0, 400'000));
  beyond.lost_client(kLarge.substr(400'000) + test::mqtt_publish("wx/lost"));
  beyond.client(test::mqtt_publish("wx/a", "something"));
  CHECK(notes(beyond) == Notes{"3 ", "14 wx/big...~", "14 wx/a"});
}

TEST_CASE("flow/mqtt_large: where memory is short the beginning is told at once, and only once") {
  EngineLimits limits;
  limits.max_held = 120'000;
  std::vector<test::Segment> segments;
  for (std::uint16_t port = 1; port <= 2; ++port) {
    std::uint32_t at = 1;
    const std::string connect = test::mqtt_connect();
    for (const std::string& part : {connect, kLarge.substr(0, 40'000),
                                    kLarge.substr(40'000, 40'000), kLarge.substr(80'000, 40'000)}) {
      segments.push_back({.sequence = at, .payload = part, .client_port = port});
      at += static_cast<std::uint32_t>(part.size());
    }
  }
  int incomplete = 0;
  int complete = 0;
  std::uint64_t first = 0;
  test::run_segments(segments,
                     [&](const Event& event) {
                       const auto* const mqtt = std::get_if<MqttMessage>(&event.what);
                       if (mqtt != nullptr && mqtt->truncated)
                         ++(mqtt->incomplete ? incomplete : complete);
                       if (first == 0 && incomplete == 1) first = event.packet;
                     },
                     {.limits = limits});
  CHECK(incomplete == 2);
  CHECK(complete == 0);
  CHECK(first == 7);
}
