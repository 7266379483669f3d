// A connection's ports are used again, or somebody only pretends that: which packets begin another
// flow, and which leave the known one alone.
#include <doctest/doctest.h>

#include "lib/flow/engine.h"
#include "tests/support/flow_run.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::Segment;
using Notes = std::vector<std::string>;

namespace {

constexpr std::uint32_t kOther[2] = {500'000, 700'000'000};  // another connection's first numbers

// One pair of ports over some time. Notes the topics with the flow that they were told in.
class Ports {
 public:
  void put(const Segment& segment) { feed_.put(segment); }
  // From here on both sides count from these numbers; SYN has them.
  void count_from(std::uint32_t client, std::uint32_t server) {
    at_[0] = client + 1;
    at_[1] = server + 1;
  }
  void syn(const std::string& payload = {}) {
    put({.sequence = at_[0] - 1, .payload = payload, .flags = "S"});
  }
  void syn_ack() {
    put({.from_client = false, .sequence = at_[1] - 1, .flags = "SA", .acknowledgement = at_[0]});
  }
  void ack() { put({.sequence = at_[0], .acknowledgement = at_[1]}); }
  void say(const std::string& topic, bool from_client = true) {
    const std::string payload = test::mqtt_publish(topic);
    const std::size_t side = from_client ? 0 : 1;
    put({.from_client = from_client,
         .sequence = at_[side],
         .payload = payload,
         .acknowledgement = at_[1 - side]});
    at_[side] += static_cast<std::uint32_t>(payload.size());
  }
  void fins() {
    put({.sequence = at_[0]++, .flags = "FA", .acknowledgement = at_[1]});
    put({.from_client = false, .sequence = at_[1]++, .flags = "FA", .acknowledgement = at_[0]});
    ack();
  }
  void stray_syn(std::uint32_t number, bool from_client = true) {
    put({.from_client = from_client, .sequence = number, .flags = "S"});
  }
  // With a login, and a topic from either side.
  void begin() {
    count_from(0, 0);
    syn();
    syn_ack();
    ack();
    say("wx/a");
    say("wx/b", false);
  }
  std::uint32_t at(std::size_t side) const { return at_[side]; }
  void wait(std::int64_t milliseconds) { feed_.wait(milliseconds); }
  const Notes& end() {
    engine_.finish();
    return notes;
  }

  Notes notes;
  std::vector<FlowFacts> flows;

 private:
  void note(const Event& event) {
    if (const auto* a = std::get_if<MqttMessage>(&event.what))
      notes.push_back(std::to_string(event.flow->id) + " " + std::string(a->topic));
    if (std::holds_alternative<Gap>(event.what)) notes.emplace_back("gap");
    if (std::holds_alternative<FlowEnd>(event.what)) flows.push_back(*event.flow);
  }

  std::uint32_t at_[2] = {1, 1};
  Engine engine_{EngineLimits{}, [this](const Event& event) { note(event); }};
  test::SegmentFeed feed_{engine_, 1'000'000};
};

}  // namespace

TEST_CASE("flow/reuse: after the end another connection is seen, though its SYN was not captured") {
  for (const bool answered : {true, false}) {
    for (const std::int64_t pause_ms : {1, 1000, 600'000}) {
      CAPTURE(answered);
      CAPTURE(pause_ms);
      Ports ports;
      ports.begin();
      ports.fins();
      ports.wait(pause_ms);
      ports.count_from(kOther[0], kOther[1]);
      if (answered) ports.syn_ack();
      ports.ack();
      ports.say("wx/c");
      ports.say("wx/d", false);
      CHECK(ports.end() == Notes{"1 wx/a", "1 wx/b", "2 wx/c", "2 wx/d"});
      REQUIRE(ports.flows.size() == 2);
      CHECK(ports.flows[1].client.port == 40000);
      CHECK(ports.flows[1].mid_stream == !answered);
    }
  }
}

TEST_CASE("flow/reuse: after the end the server may be heard first, or only") {
  Ports ports;
  ports.begin();
  ports.fins();
  ports.count_from(kOther[0], kOther[1]);
  ports.say("wx/c", false);
  CHECK(ports.end() == Notes{"1 wx/a", "1 wx/b", "2 wx/c"});
}

TEST_CASE("flow/reuse: what is said again after the end begins no flow") {
  Ports ports;
  ports.begin();
  ports.fins();
  const std::string said = test::mqtt_publish("wx/a");
  const auto size = static_cast<std::uint32_t>(said.size());
  ports.put({.sequence = 1, .payload = said, .acknowledgement = 1});
  ports.put({.sequence = 1, .payload = said, .flags = "FA", .acknowledgement = size + 2});
  ports.put({.from_client = false, .sequence = 1, .payload = said, .acknowledgement = size + 2});
  ports.put({.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1});
  ports.put({.sequence = size, .payload = std::string(1, '\0'), .flags = "An"});
  ports.put({.sequence = size + 2, .payload = std::string(6, '\0'), .flags = "An"});
  ports.put({.sequence = size + 2, .payload = said, .acknowledgement = size + 2});
  ports.put({.sequence = 900'000, .flags = "R"});
  ports.wait(6000);
  ports.put({.sequence = 1, .payload = said, .flags = "FA", .acknowledgement = size + 2});
  ports.ack();
  CHECK(ports.end() == Notes{"1 wx/a", "1 wx/b"});
  CHECK(ports.flows.size() == 1);
}

TEST_CASE("flow/reuse: a stray SYN leaves the connection alone, whoever is said to have sent it") {
  for (const bool from_client : {true, false}) {
    for (const std::uint32_t number : {300U, 5U, 2'147'000'000U}) {
      CAPTURE(from_client);
      CAPTURE(number);
      Ports ports;
      ports.begin();
      ports.stray_syn(number, from_client);
      ports.ack();
      ports.say("wx/c");
      ports.say("wx/d", false);
      ports.stray_syn(number, from_client);
      for (int i = 0; i < 40; ++i) ports.say("wx/e");
      ports.say("wx/f", false);
      const Notes& notes = ports.end();
      CHECK(notes.size() == 45);
      CHECK(notes.back() == "1 wx/f");
      REQUIRE(ports.flows.size() == 1);
      CHECK(ports.flows[0].ending == Ending::open);
    }
  }
}

// What overtook the segment before it lies nearer to the stray number than to the stream's end.
TEST_CASE("flow/reuse: a stray SYN just ahead of the stream does not take what overtakes") {
  Ports ports;
  ports.begin();
  const std::uint32_t at = ports.at(0);
  const std::string first = test::mqtt_publish("wx/c");
  const auto behind = at + static_cast<std::uint32_t>(first.size());
  ports.stray_syn(at + 3);
  ports.put(
      {.sequence = behind, .payload = test::mqtt_publish("wx/d"), .acknowledgement = ports.at(1)});
  ports.put({.sequence = at, .payload = first, .acknowledgement = ports.at(1)});
  const Notes& notes = ports.end();
  CHECK(notes.back() == "1 wx/d");
  CHECK(ports.flows.size() == 1);
}

TEST_CASE("flow/reuse: nor does a stray SYN within the handshake take it away") {
  Ports ports;
  ports.count_from(0, 0);
  ports.syn();
  ports.stray_syn(800'000);
  ports.syn_ack();
  ports.ack();
  ports.say("wx/a");
  ports.say("wx/b", false);
  const Notes& notes = ports.end();
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].ends_with(" wx/a"));
  CHECK(notes[1].ends_with(" wx/b"));
}

// So does a middlebox that answers a SYN twice; the client keeps to the first answer.
TEST_CASE("flow/reuse: nor does a second answer with another number") {
  Ports ports;
  ports.count_from(0, 0);
  ports.syn();
  ports.syn_ack();
  ports.ack();
  ports.put({.from_client = false, .sequence = kOther[1], .flags = "SA", .acknowledgement = 1});
  ports.ack();
  ports.say("wx/a");
  ports.say("wx/b", false);
  CHECK(ports.end() == Notes{"1 wx/a", "1 wx/b"});
  CHECK(ports.flows.size() == 1);
}

TEST_CASE("flow/reuse: another handshake ends a connection that was not seen to end") {
  struct Case {
    bool syn, syn_ack, ack;
  };
  for (const Case& seen : {Case{true, true, true}, Case{true, true, false}, Case{true, false, true},
                           Case{true, false, false}, Case{false, true, true}}) {
    for (const std::uint32_t client : {kOther[0], 3U, 3'000'000'000U}) {
      CAPTURE(seen.syn);
      CAPTURE(seen.syn_ack);
      CAPTURE(seen.ack);
      CAPTURE(client);
      Ports ports;
      ports.begin();
      ports.count_from(client, kOther[1]);
      if (seen.syn) ports.syn();
      if (seen.syn_ack) ports.syn_ack();
      if (seen.ack) ports.ack();
      ports.say("wx/c");
      ports.say("wx/d", false);
      CHECK(ports.end() == Notes{"1 wx/a", "1 wx/b", "2 wx/c", "2 wx/d"});
      REQUIRE(ports.flows.size() == 2);
      CHECK(ports.flows[0].ending == Ending::expired);
      CHECK_FALSE(ports.flows[1].mid_stream);
      CHECK(ports.flows[1].first_packet == 6);
    }
  }
}

TEST_CASE("flow/reuse: what the other SYN carries is heard, too") {
  Ports ports;
  ports.begin();
  ports.count_from(kOther[0], kOther[1]);
  const std::string said = test::mqtt_connect();
  ports.syn(said);
  ports.put({.from_client = false,
             .sequence = kOther[1],
             .flags = "SA",
             .acknowledgement = kOther[0] + 1 + static_cast<std::uint32_t>(said.size())});
  CHECK(ports.end() == Notes{"1 wx/a", "1 wx/b", "2 "});
}

TEST_CASE("flow/reuse: a SYN that nobody answers, or that is refused, is a flow of its own") {
  for (const bool refused : {true, false}) {
    Ports ports;
    ports.begin();
    ports.count_from(kOther[0], kOther[1]);
    ports.syn();
    ports.syn();
    if (refused) ports.put({.from_client = false, .flags = "RA", .acknowledgement = kOther[0] + 1});
    ports.end();
    REQUIRE(ports.flows.size() == 2);
    CHECK(ports.flows[1].packets[0] == 2);
    CHECK(ports.flows[1].ending == (refused ? Ending::reset : Ending::open));
  }
}

TEST_CASE("flow/reuse: memory for strangers' handshakes is counted") {
  EngineLimits limits;
  limits.max_held = 100'000;
  std::vector<Segment> segments;
  for (std::uint16_t port = 1; port <= 500; ++port) {
    segments.push_back({.sequence = 1, .payload = test::mqtt_connect(), .client_port = port});
    segments.push_back({.sequence = 900'000,
                        .payload = std::string(1000, 'x'),
                        .flags = "S",
                        .client_port = port});
  }
  std::size_t most = 0;
  Engine engine(limits, [](const Event&) {});
  test::SegmentFeed feed(engine);
  for (const Segment& segment : segments) {
    feed.put(segment);
    most = std::max(most, engine.held());
  }
  CHECK(most < limits.max_held + 10'000);
  CHECK(most > 50'000);
}

// What a rival's SYN said is heard only then, and may be what exceeds the memory.
TEST_CASE("flow/reuse: at the end of a capture each flow ends once, whatever memory is left") {
  const std::string get = "GET / HTTP/1.1\r\n\r\n";
  std::string gets;
  for (int i = 0; i < 200; ++i) gets += get;
  const std::string post = "POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n";
  std::vector<std::uint64_t> ended;
  const auto run = [&](std::size_t max_held) {
    EngineLimits limits;
    limits.max_held = max_held;
    ended.clear();
    Engine engine(limits, [&](const Event& event) {
      if (std::holds_alternative<FlowEnd>(event.what)) ended.push_back(event.flow->id);
    });
    test::SegmentFeed feed(engine);
    for (std::uint16_t port = 1; port <= 5; ++port) {
      feed.put({.sequence = 1, .payload = get, .client_port = port, .server_port = 80});
      feed.put({.sequence = 9'000'000,
                .payload = gets,
                .flags = "S",
                .client_port = port,
                .server_port = 80});
    }
    for (std::uint16_t port = 100; port < 130; ++port)
      feed.put({.sequence = 1, .payload = post + "x", .client_port = port, .server_port = 80});
    const std::size_t held = engine.held();
    engine.finish();
    std::sort(ended.begin(), ended.end());
    CHECK(ended.size() == engine.counters().flows);
    CHECK(std::adjacent_find(ended.begin(), ended.end()) == ended.end());
    CHECK(ended.front() == 1);
    return held;
  };
  const std::size_t all = run(EngineLimits{}.max_held);
  run(all);  // from here on every byte is too much
}
