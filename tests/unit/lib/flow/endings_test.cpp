// How connections end, and what only looks like their end: FIN and RST in places where no receiver
// would believe them, the bytes that an end counts and the capture lacks.
#include <doctest/doctest.h>

#include "lib/flow/engine.h"
#include "tests/support/flow_run.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::Segment;
using Notes = std::vector<std::string>;

namespace {

// Notes topics and gaps, and keeps what the flows said in their end.
class Talk {
 public:
  // A connection with a login of the client's; `at` counts his bytes.
  Talk() {
    put({.sequence = 0, .flags = "S"});
    put({.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1});
    say(test::mqtt_connect());
    acknowledge(at);
  }
  void put(const Segment& segment) { feed_.put(segment); }
  void say(const std::string& payload) {
    put({.sequence = at, .payload = payload, .acknowledgement = 1});
    at += static_cast<std::uint32_t>(payload.size());
  }
  void acknowledge(std::uint32_t number) {
    put({.from_client = false, .sequence = 1, .acknowledgement = number});
  }
  void fin(std::uint32_t sequence) {
    put({.sequence = sequence, .flags = "FA", .acknowledgement = 1});
  }
  void reset(std::uint32_t sequence) { put({.sequence = sequence, .flags = "R"}); }
  void wait(std::int64_t seconds) { feed_.wait(seconds * 1000); }
  const Notes& end() {
    engine_.finish();
    return notes;
  }

  Notes notes;
  std::vector<FlowFacts> flows;
  std::uint32_t at = 1;

 private:
  void note(const Event& event) {
    if (const auto* a = std::get_if<MqttMessage>(&event.what)) {
      if (!a->topic.empty()) notes.emplace_back(a->topic);
    } else if (const auto* b = std::get_if<Gap>(&event.what)) {
      notes.push_back("gap " + std::to_string(b->bytes) +
                      (event.direction == Direction::to_server ? "" : " back"));
    } else if (const auto* c = std::get_if<HttpMessage>(&event.what)) {
      notes.emplace_back(core::as_text(c->body));
    } else if (std::holds_alternative<FlowEnd>(event.what)) {
      flows.push_back(*event.flow);
    }
  }

  Engine engine_{EngineLimits{}, [this](const Event& event) { note(event); }};
  test::SegmentFeed feed_{engine_, 1'000'000};
};

}  // namespace

TEST_CASE("flow/endings: a FIN that no receiver believes hides nothing of what follows") {
  for (const std::int32_t away : {-100'000, -500, -30, -5, -1, 500'000'000}) {
    CAPTURE(away);
    Talk talk;
    talk.say(test::mqtt_publish("wx/a"));
    talk.fin(talk.at + static_cast<std::uint32_t>(away));
    talk.acknowledge(talk.at);
    talk.say(test::mqtt_publish("wx/b"));
    talk.say(test::mqtt_publish("wx/c"));
    CHECK(talk.end() == Notes{"wx/a", "wx/b", "wx/c"});
    REQUIRE(talk.flows.size() == 1);
    CHECK(talk.flows[0].ending == Ending::open);
  }
}

TEST_CASE(
    "flow/endings: a FIN in a possible place hides nothing either, unless it is acknowledged") {
  for (const std::uint32_t ahead : {0U, 3U, 9U}) {
    CAPTURE(ahead);
    Talk talk;
    talk.fin(talk.at + ahead);
    talk.say(test::mqtt_publish("wx/a"));
    const std::string cut = test::mqtt_publish("wx/b");
    talk.say(cut.substr(0, 4));
    talk.fin(talk.at);
    talk.say(cut.substr(4));
    talk.acknowledge(talk.at);
    talk.say(test::mqtt_publish("wx/c"));
    CHECK(talk.end() == Notes{"wx/a", "wx/b", "wx/c"});
    CHECK(talk.flows.at(0).ending == Ending::open);
  }
}

TEST_CASE(
    "flow/endings: even after a forged FIN and its forged acknowledgement messages come through") {
  Talk talk;
  talk.fin(talk.at);
  talk.acknowledge(talk.at + 1);
  talk.say(test::mqtt_publish("wx/a"));
  talk.say(test::mqtt_publish("wx/b"));
  CHECK(talk.end() == Notes{"wx/a", "wx/b"});
}

TEST_CASE("flow/endings: a stray FIN does not keep the true one from ending the connection") {
  Talk talk;
  talk.fin(talk.at + 100);
  talk.say(test::mqtt_publish("wx/a"));
  talk.fin(talk.at);
  talk.put({.from_client = false, .sequence = 1, .flags = "FA", .acknowledgement = talk.at + 1});
  REQUIRE(talk.flows.size() == 1);
  CHECK(talk.flows[0].ending == Ending::fin);
  CHECK(talk.end() == Notes{"wx/a"});
}

TEST_CASE(
    "flow/endings: a body that ends with the connection is told when that end is acknowledged") {
  Talk talk;
  talk.put({.from_client = false,
            .sequence = 1,
            .payload = "HTTP/1.0 200 OK\r\n\r\nthe ",
            .flags = "A",
            .acknowledgement = 1});
  talk.put({.from_client = false, .sequence = 24, .payload = "rest", .flags = "FA"});
  talk.put({.sequence = talk.at, .acknowledgement = 29});
  CHECK(talk.notes == Notes{"the rest"});
}

TEST_CASE("flow/endings: an RST outside the window is ignored, however long the silence after it") {
  for (const std::int32_t away : {-100'000, -1, 50'000'000, 123'455'789}) {
    CAPTURE(away);
    Talk talk;
    talk.reset(talk.at + static_cast<std::uint32_t>(away));
    talk.wait(60);
    talk.say(test::mqtt_publish("wx/a"));
    CHECK(talk.end() == Notes{"wx/a"});
    REQUIRE(talk.flows.size() == 1);
    CHECK(talk.flows[0].ending == Ending::open);
  }
}

TEST_CASE("flow/endings: an RST in its place ends the flow, whatever was still on its way") {
  Talk talk;
  talk.reset(talk.at);
  talk.put({.from_client = false,
            .sequence = 1,
            .payload = test::mqtt_publish("wx/late"),
            .acknowledgement = talk.at});
  talk.put({.from_client = false, .sequence = 1, .acknowledgement = talk.at});
  CHECK(talk.end() == Notes{"wx/late"});
  REQUIRE(talk.flows.size() == 1);
  CHECK(talk.flows[0].ending == Ending::reset);
}

TEST_CASE("flow/endings: a refused connection was reset") {
  EngineLimits limits;
  std::vector<Ending> endings;
  Engine engine(limits, [&](const Event& event) {
    if (std::holds_alternative<FlowEnd>(event.what)) endings.push_back(event.flow->ending);
  });
  capture::Packet packet;
  for (const Segment& segment :
       {Segment{.sequence = 0, .flags = "S"},
        Segment{.from_client = false, .sequence = 77'777, .flags = "RA", .acknowledgement = 1}}) {
    const core::Bytes bytes = test::ethernet(segment);
    packet.bytes = bytes;
    ++packet.number;
    engine.take(packet);
  }
  engine.finish();
  CHECK(endings == std::vector<Ending>{Ending::reset});
}

TEST_CASE("flow/endings: who was reset and goes on talking is still the same flow") {
  Talk talk;
  talk.reset(talk.at);
  talk.say(test::mqtt_publish("wx/a"));
  for (int i = 0; i < 3; ++i) {
    talk.wait(60);
    talk.say(test::mqtt_publish("wx/b"));
  }
  CHECK(talk.end() == Notes{"wx/a", "wx/b", "wx/b", "wx/b"});
  REQUIRE(talk.flows.size() == 1);
  CHECK(talk.flows[0].ending == Ending::open);
}

TEST_CASE("flow/endings: whose peer was said to have reset it, and is acknowledged nevertheless") {
  Talk talk;
  talk.put({.from_client = false, .sequence = 1, .flags = "R"});
  talk.say(test::mqtt_publish("wx/a"));
  talk.acknowledge(talk.at);
  talk.wait(60);
  talk.say(test::mqtt_publish("wx/b"));
  CHECK(talk.end() == Notes{"wx/a", "wx/b"});
  REQUIRE(talk.flows.size() == 1);
  CHECK(talk.flows[0].ending == Ending::open);
}

TEST_CASE("flow/endings: what the end counts and the capture lacks is a gap") {
  constexpr std::uint32_t kLost = 11;
  {
    Talk talk;  // FIN counts it
    talk.fin(talk.at + kLost);
    talk.put({.from_client = false,
              .sequence = 1,
              .flags = "FA",
              .acknowledgement = talk.at + kLost + 1});
    CHECK(talk.end() == Notes{"gap 11"});
    CHECK(talk.flows.at(0).lost[0] == kLost);
  }
  {
    Talk talk;  // only an acknowledgement does
    talk.acknowledge(talk.at + kLost);
    CHECK(talk.end() == Notes{"gap 11"});
    CHECK(talk.flows.at(0).lost[0] == kLost);
  }
  {
    Talk talk;  // nothing of the server's was captured
    talk.put({.sequence = talk.at, .acknowledgement = 40});
    CHECK(talk.end() == Notes{"gap 39 back"});
    CHECK(talk.flows.at(0).lost[1] == 39);
  }
}

TEST_CASE("flow/endings: no gap where an acknowledgement counts a FIN or makes no sense") {
  {
    Talk talk;
    talk.fin(talk.at);
    talk.acknowledge(talk.at + 1);
    CHECK(talk.end().empty());
  }
  {
    Talk talk;  // the FIN is what is missing
    talk.acknowledge(talk.at + 1);
    CHECK(talk.end().empty());
  }
  {
    Talk talk;
    talk.acknowledge(talk.at + 0x7000'0000);
    talk.acknowledge(talk.at + 5000);
    talk.acknowledge(talk.at);
    CHECK(talk.end().empty());
  }
}
