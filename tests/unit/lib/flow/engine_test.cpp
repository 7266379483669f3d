#include "lib/flow/engine.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/flow_run.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::Segment;

namespace {

// Runs packets through an engine and notes events as short words.
struct Run {
  std::vector<std::string> notes;
  EngineCounters counters;
  std::vector<FlowFacts> flows;

  explicit Run(const std::vector<Segment>& segments, std::uint32_t base = 1000,
               EngineLimits limits = {}) {
    counters =
        test::run_segments(segments, [this](const Event& event) { note(event); }, {base, limits});
  }

  void note(const Event& event) {
    if (const auto* a = std::get_if<MqttMessage>(&event.what)) {
      std::string text(proto::mqtt_type_name(a->packet->type));
      if (!a->topic.empty()) text += " " + std::string(a->topic);
      notes.push_back(text);
    } else if (const auto* b = std::get_if<HttpMessage>(&event.what)) {
      notes.push_back("http " + std::string(core::as_text(b->body)));
    } else if (const auto* c = std::get_if<Gap>(&event.what)) {
      notes.push_back("gap " + std::to_string(c->bytes));
    } else if (std::holds_alternative<Conflict>(event.what)) {
      notes.emplace_back("conflict");
    } else if (std::holds_alternative<MqttProblem>(event.what)) {
      notes.emplace_back("problem");
    } else if (const auto* d = std::get_if<TlsAlertSeen>(&event.what)) {
      notes.push_back("alert " + std::string(proto::tls_alert_name(d->description)));
    } else if (std::holds_alternative<FlowEnd>(event.what)) {
      flows.push_back(*event.flow);
    }
  }
};

using Notes = std::vector<std::string>;

const std::string kStream =
    test::mqtt_connect() + test::mqtt_publish("wx/a", "1") + test::mqtt_publish("wx/b", "22");
const Notes kHeard = {"connect", "publish wx/a", "publish wx/b"};

// The stream cut into pieces of `size` bytes, after a SYN.
std::vector<Segment> cut(const std::string& stream, std::size_t size) {
  std::vector<Segment> out = {{.sequence = 0, .flags = "S"}};
  for (std::size_t at = 0; at < stream.size(); at += size)
    out.push_back(
        {.sequence = static_cast<std::uint32_t>(1 + at), .payload = stream.substr(at, size)});
  return out;
}

}  // namespace

TEST_CASE("flow/engine: messages come out however the stream is cut") {
  for (std::size_t size = 1; size <= kStream.size(); ++size) {
    CAPTURE(size);
    CHECK(Run(cut(kStream, size)).notes == kHeard);
  }
}

TEST_CASE("flow/engine: order does not matter, nor do duplicates") {
  for (const std::size_t size : {5U, 9U, 17U}) {
    std::vector<Segment> segments = cut(kStream, size);
    std::reverse(segments.begin() + 1, segments.end());
    CHECK(Run(segments).notes == kHeard);
    const std::vector<Segment> twice = segments;
    segments.insert(segments.end(), twice.begin() + 1, twice.end());
    CHECK(Run(segments).notes == kHeard);
  }
}

TEST_CASE("flow/engine: sequence numbers wrap") {
  CHECK(Run(cut(kStream, 7), 0xFFFFFFF0).notes == kHeard);
  std::vector<Segment> segments = cut(kStream, 7);
  std::reverse(segments.begin() + 1, segments.end());
  CHECK(Run(segments, 0xFFFFFFF0).notes == kHeard);
}

TEST_CASE("flow/engine: overlapping segments, the first bytes count") {
  std::vector<Segment> segments = cut(kStream, 10);
  segments.push_back({.sequence = 3, .payload = kStream.substr(2)});  // everything again, and equal
  CHECK(Run(segments).notes == kHeard);
  std::vector<Segment> forged = cut(kStream, 10);
  Segment other = forged[1];
  other.payload.back() = 'X';
  forged.insert(forged.begin() + 2, other);
  Notes expected = kHeard;
  expected.insert(expected.begin(), "conflict");
  CHECK(Run(forged).notes == expected);
}

TEST_CASE("flow/engine: padding that a device counts as data does not displace the true bytes") {
  const std::string zeros(6, '\0');
  std::vector<Segment> segments = cut(kStream, 10);
  // Bare acknowledgements whose Ethernet filling became part of the IP length.
  segments.insert(segments.begin() + 1, {.sequence = 1, .payload = zeros, .flags = "An"});
  segments.insert(segments.begin() + 3,
                  {.sequence = 11, .payload = zeros.substr(4), .flags = "An"});
  CHECK(Run(segments).notes == kHeard);
}

TEST_CASE("flow/engine: a keep-alive's byte is no conflict, and begins no stream") {
  const Segment alive = {.sequence = 10, .payload = std::string(1, '\0'), .flags = "An"};
  std::vector<Segment> segments = cut(kStream, 10);
  segments.insert(segments.begin() + 2, 3, alive);
  CHECK(Run(segments).notes == kHeard);
  // The same in a capture that begins in the middle, where it comes first.
  segments = {alive, alive};
  segments.push_back({.sequence = 11, .payload = test::mqtt_publish("wx/a", "1")});
  segments.push_back(
      {.from_client = false, .sequence = 4, .payload = std::string(1, '\0'), .flags = "An"});
  segments.push_back(
      {.from_client = false, .sequence = 5, .payload = test::mqtt_publish("wx/b", "1")});
  const Run run(segments);
  CHECK(run.notes == Notes{"publish wx/a", "publish wx/b"});
  CHECK(run.counters.flows == 1);
}

TEST_CASE("flow/engine: zeros that were pushed are data") {
  std::vector<Segment> segments =
      cut(test::mqtt_connect() + test::mqtt_publish("wx/a", std::string(30, '\0')), 3);
  CHECK(Run(segments).notes == Notes{"connect", "publish wx/a"});
}

TEST_CASE("flow/engine: a forged overlap before its time is told, too") {
  std::vector<Segment> segments = cut(kStream, 10);
  Segment forged = segments[2];
  forged.payload[0] = static_cast<char>(forged.payload[0] ^ 1);
  segments = {segments[0], segments[2], forged, segments[1], segments[3], segments[4]};
  const Run run(segments);
  CHECK(run.notes.front() == "conflict");
  CHECK(run.notes[1] == "connect");
}

TEST_CASE("flow/engine: a lost segment is a gap, and no message is invented") {
  const std::string lost = test::mqtt_publish("wx/lost", "gone");
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"},
                                   {.sequence = 1, .payload = test::mqtt_connect()}};
  const auto next = static_cast<std::uint32_t>(1 + test::mqtt_connect().size() + lost.size());
  segments.push_back({.sequence = next, .payload = test::mqtt_publish("wx/after", "x")});
  CHECK(Run(segments).notes ==
        Notes{"connect", "gap " + std::to_string(lost.size()), "publish wx/after"});
}

TEST_CASE("flow/engine: where the first segment is lost, messages are sought behind it") {
  std::string stream = test::mqtt_connect();
  for (char name = 'a'; name <= 'l'; ++name)
    stream += test::mqtt_publish(std::string("wx/") + name, std::string(30, 'x'));
  std::vector<Segment> segments = cut(stream, 50);
  segments.erase(segments.begin() + 1);
  const Run run(segments);
  REQUIRE(run.notes.size() > 8);
  CHECK(run.notes.front() == "gap 50");
  CHECK(run.notes.back() == "publish wx/l");
}

TEST_CASE("flow/engine: noise behind a lost first segment is not called encrypted") {
  std::string noise;
  std::uint32_t state = 1;
  for (int i = 0; i < 6000; ++i) {
    state = state * 1664525U + 1013904223U;
    noise.push_back(static_cast<char>(state >> 24U));
  }
  std::vector<Segment> segments = cut(noise, 1000);
  CHECK(Run(segments).flows.at(0).verdict == Verdict::encrypted);
  segments.erase(segments.begin() + 1);
  CHECK(Run(segments).flows.at(0).verdict == Verdict::unknown);
}

TEST_CASE("flow/engine: a gap inside a message skips exactly that message") {
  const std::string damaged = test::mqtt_publish("wx/damaged", std::string(50, 'x'));
  const std::string after = test::mqtt_publish("wx/after", "y");
  const auto begin = static_cast<std::uint32_t>(1 + test::mqtt_connect().size());
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"},
                                   {.sequence = 1, .payload = test::mqtt_connect()},
                                   {.sequence = begin, .payload = damaged.substr(0, 20)},
                                   {.sequence = begin + 30, .payload = damaged.substr(30) + after}};
  CHECK(Run(segments).notes == Notes{"connect", "gap 10", "problem", "publish wx/after"});
}

TEST_CASE("flow/engine: an acknowledgement of what we lack ends the waiting") {
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"},
                                   {.sequence = 1, .payload = test::mqtt_connect()}};
  const auto at = static_cast<std::uint32_t>(1 + test::mqtt_connect().size() + 40);
  segments.push_back({.sequence = at, .payload = test::mqtt_publish("wx/a", "1")});
  for (std::uint32_t i = 0; i < 12; ++i)
    segments.push_back({.from_client = false, .sequence = 0, .acknowledgement = at + 9});
  const Run run(segments);
  CHECK(run.notes == Notes{"connect", "gap 40", "publish wx/a"});
}

TEST_CASE("flow/engine: a capture that begins in the middle") {
  const std::vector<Segment> segments = {
      {.sequence = 500, .payload = test::mqtt_publish("wx/a", "1")},
      {.sequence = 509, .payload = test::mqtt_publish("wx/b", "1")}};
  const Run run(segments);
  CHECK(run.notes == Notes{"publish wx/a", "publish wx/b"});
  REQUIRE(run.flows.size() == 1);
  CHECK(run.flows[0].mid_stream);
  CHECK(run.flows[0].client.port == 40000);
}

TEST_CASE("flow/engine: FIN that overtakes the data") {
  std::vector<Segment> segments = cut(kStream, 20);
  segments.insert(segments.begin() + 1,
                  {.sequence = static_cast<std::uint32_t>(1 + kStream.size()), .flags = "FA"});
  CHECK(Run(segments).notes == kHeard);
}

TEST_CASE("flow/engine: the same ports used again are another flow") {
  std::vector<Segment> segments = cut(kStream, 100);
  for (Segment again : cut(kStream, 100)) {
    again.sequence += 100'000;
    segments.push_back(again);
  }
  const Run run(segments);
  CHECK(run.counters.flows == 2);
  CHECK(run.notes.size() == 2 * kHeard.size());
}

TEST_CASE("flow/engine: after both FINs the same first number begins another flow, too") {
  const auto end = static_cast<std::uint32_t>(1 + kStream.size());
  std::vector<Segment> segments = cut(kStream, 100);
  segments.insert(segments.begin() + 1, segments[0]);  // a SYN again is no new flow
  segments.push_back({.sequence = end, .flags = "FA", .acknowledgement = 1});
  segments.push_back({.from_client = false, .sequence = 0, .flags = "FSA", .acknowledgement = end});
  const std::vector<Segment> again = segments;
  segments.insert(segments.end(), again.begin(), again.end());
  const Run run(segments);
  CHECK(run.counters.flows == 2);
  CHECK(run.notes.size() == 2 * kHeard.size());
}

TEST_CASE("flow/engine: plaintext to a TLS port, answered by an alert") {
  std::vector<Segment> segments = cut(test::mqtt_connect(), 100);
  segments.push_back({.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1});
  segments.push_back({.from_client = false,
                      .sequence = 1,
                      .payload = std::string("\x15\x03\x03\x00\x02\x02\x46", 7),
                      .acknowledgement = 1});
  const Run run(segments);
  CHECK(run.notes == Notes{"connect", "alert protocol_version"});
  REQUIRE(run.flows.size() == 1);
  CHECK(run.flows[0].verdict == Verdict::plaintext);
}

TEST_CASE("flow/engine: a TLS hello that is refused or not answered has encrypted nothing") {
  std::string hello("\x16\x03\x01\0\x2F\x01\0\0\x2B\x03\x03", 11);
  hello += std::string(32, '\x11') + std::string("\0\0\x02\xC0\x2B\x01\0\0\0", 9);
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"},
                                   {.sequence = 1, .payload = hello}};
  const Run alone(segments);
  REQUIRE(alone.flows.size() == 1);
  CHECK(alone.flows[0].protocol == Protocol::tls);
  CHECK(alone.flows[0].verdict == Verdict::unknown);
  segments.push_back({.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1});
  segments.push_back({.from_client = false,
                      .sequence = 1,
                      .payload = std::string("\x15\x03\x03\x00\x02\x02\x28", 7),
                      .acknowledgement = 1});
  CHECK(Run(segments).flows.at(0).verdict == Verdict::unknown);
  segments.back().payload = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  CHECK(Run(segments).flows.at(0).verdict == Verdict::plaintext);
}

// The rest of the hello is lost, and what follows it is no TLS.
TEST_CASE("flow/engine: a decoder that was wrong from its first byte on leaves nothing behind") {
  const std::string hello("\x16\x03\x01\0\x40\x01\0\0\x3c\x03\x03", 11);
  constexpr std::uint32_t kRecord = 5 + 64;
  const Run run({{.sequence = 0, .flags = "S"},
                 {.sequence = 1, .payload = hello},
                 {.sequence = 1 + kRecord, .payload = "GET / HTTP/1.1\r\n\r\n"}});
  CHECK(run.notes == Notes{"gap 58", "http "});
  REQUIRE(run.flows.size() == 1);
  CHECK(run.flows[0].tls == nullptr);
}

TEST_CASE("flow/engine: STARTTLS is a mixed flow") {
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"}};
  segments.push_back({.sequence = 1, .payload = "EHLO client.example\r\nSTARTTLS\r\n"});
  std::string record("\x16\x03\x01\x00\x40\x01\x00\x00\x3c", 9);
  record += std::string(60, '\x01');
  segments.push_back({.sequence = 32, .payload = record});
  segments.push_back(
      {.sequence = 101,
       .payload = "\x17\x03\x03" + std::string("\0\x20", 2) + std::string(32, '\x5A')});
  const Run run(segments);
  REQUIRE(run.flows.size() == 1);
  CHECK(run.flows[0].verdict == Verdict::mixed);
}

TEST_CASE("flow/engine: half-open flows cannot push the others out, nor memory up") {
  EngineLimits limits;
  limits.max_flows = 100;
  std::vector<Segment> segments = cut(kStream.substr(0, test::mqtt_connect().size()), 100);
  for (std::uint16_t port = 1; port <= 5000; ++port)
    segments.push_back({.flags = "S", .client_port = port, .server_port = 80});
  segments.push_back({.sequence = static_cast<std::uint32_t>(1 + test::mqtt_connect().size()),
                      .payload = test::mqtt_publish("wx/still", "here")});
  const Run run(segments, 1000, limits);
  CHECK(run.notes == Notes{"connect", "publish wx/still"});
  CHECK(run.counters.evicted >= 4900);
}

TEST_CASE("flow/engine: a chunked answer over many segments is one message") {
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"}};
  segments.push_back({.sequence = 1, .payload = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"});
  const std::string answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
  segments.push_back({.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1});
  for (std::size_t at = 0; at < answer.size(); at += 5)
    segments.push_back({.from_client = false,
                        .sequence = static_cast<std::uint32_t>(1 + at),
                        .payload = answer.substr(at, 5),
                        .acknowledgement = 29});
  CHECK(Run(segments).notes == Notes{"http ", "http abcdefg"});
}

// A body's memory is used again, whatever the next one's framing is.
TEST_CASE("flow/engine: bodies over several segments, one after the other, do not mix") {
  const std::string requests =
      "GET /a HTTP/1.1\r\n\r\nGET /b?long=enough-for-the-heap HTTP/1.1\r\n\r\nGET /c "
      "HTTP/1.1\r\n\r\n";
  const std::string answers =
      "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfirst answer"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nin\r\n4\r\n two\r\n0\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend";
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"}};
  segments.push_back({.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1});
  segments.push_back({.sequence = 1, .payload = requests});
  for (std::size_t at = 0; at < answers.size(); at += 7)
    segments.push_back({.from_client = false,
                        .sequence = static_cast<std::uint32_t>(1 + at),
                        .payload = answers.substr(at, 7),
                        .acknowledgement = static_cast<std::uint32_t>(1 + requests.size())});
  CHECK(Run(segments).notes ==
        Notes{"http ", "http ", "http ", "http first answer", "http in two", "http end"});
}
