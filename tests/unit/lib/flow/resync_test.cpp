// Where bytes are missing, behind a hole or before the capture's beginning, messages must be found
// again that begin anywhere in a segment, and nothing else.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "lib/flow/engine.h"
#include "tests/support/flow_run.h"
#include "tests/support/traffic.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::Segment;

namespace {

using Notes = std::vector<std::string>;

struct Run {
  Notes notes;
  FlowFacts flow;

  explicit Run(const std::vector<Segment>& segments) {
    test::run_segments(segments, [this](const Event& event) { note(event); });
  }

  void note(const Event& event) {
    if (const auto* a = std::get_if<MqttMessage>(&event.what)) {
      notes.push_back(fmt::format("{} {}", proto::mqtt_type_name(a->packet->type), a->topic));
    } else if (const auto* b = std::get_if<HttpMessage>(&event.what)) {
      if (b->incomplete) return;  // the one with the hole
      notes.push_back(b->head->request
                          ? fmt::format("{} {}", b->head->method, b->head->target)
                          : fmt::format("{} {}", b->head->status, core::as_text(b->body)));
    } else if (const auto* c = std::get_if<TlsRecordSeen>(&event.what)) {
      notes.push_back(fmt::format("record {}", c->record.length));
    } else if (const auto* d = std::get_if<WebSocketMessage>(&event.what)) {
      if (!d->carried) notes.push_back(fmt::format("frame {}", core::as_text(d->payload)));
    } else if (const auto* e = std::get_if<MqttProblem>(&event.what)) {
      if (e->what != "bytes of this packet are missing") notes.emplace_back("problem");
    } else if (std::holds_alternative<UnknownData>(event.what)) {
      notes.emplace_back("data");
    } else if (std::holds_alternative<FlowEnd>(event.what)) {
      flow = *event.flow;
      flow.tls = nullptr;
    }
  }
};

std::string record(std::size_t size, char byte) {
  wire::Writer out;
  out.u8(23);
  out.u16(0x0303);
  out.u16(static_cast<std::uint16_t>(size));
  out.text(std::string(size, byte));
  return test::text_of(out.take());
}
std::string frame(unsigned opcode, const std::string& payload, bool masked) {
  wire::Writer out;
  out.u8(static_cast<std::uint8_t>(0x80U | opcode));
  out.u8(static_cast<std::uint8_t>(payload.size() | (masked ? 0x80U : 0)));
  if (masked) out.u32(0x0A0B0C0D);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(payload[i]) ^
                                     (masked ? 0x0A + i % 4 : 0)));
  return test::text_of(out.take());
}

// `first`, a segment of its own, then `stream` in pieces of `size` bytes of which one is missing.
std::vector<Segment> with_hole(const std::string& first, const std::string& stream,
                               std::size_t size, std::size_t missing, bool from_client = true) {
  std::vector<Segment> out = {
      {.sequence = 0, .flags = "S"},
      {.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1}};
  std::uint32_t at = 1;
  if (!first.empty()) out.push_back({.from_client = from_client, .sequence = at, .payload = first});
  at += static_cast<std::uint32_t>(first.size());
  for (std::size_t i = 0; i * size < stream.size(); ++i) {
    if (i != missing)
      out.push_back({.from_client = from_client,
                     .sequence = static_cast<std::uint32_t>(at + i * size),
                     .payload = stream.substr(i * size, size)});
  }
  return out;
}

// Numbered ones, back to back; `whole` gets those that the missing piece does not touch.
template <class Make>
std::string many(unsigned count, std::size_t size, std::size_t missing, Notes& whole, Make make) {
  std::string stream;
  for (unsigned i = 0; i < count; ++i) {
    const auto [bytes, note] = make(i);
    const std::size_t begin = stream.size();
    stream += bytes;
    if (stream.size() <= missing * size || begin >= (missing + 1) * size) whole.push_back(note);
  }
  return stream;
}

}  // namespace

TEST_CASE("flow/resync: MQTT packets that begin within segments are found behind a hole") {
  for (const std::size_t size : {100U, 333U, 1448U}) {
    for (const std::size_t length : {0U, 60U, 700U}) {
      CAPTURE(size);
      CAPTURE(length);
      Notes expected = {"connect "};
      const std::string stream = many(400, size, 2, expected, [&](unsigned i) {
        const std::string topic = fmt::format("wx/s{:03}/temp", i);
        return std::pair(test::mqtt_publish(topic, std::string(length + i % 37, 'x')),
                         "publish " + topic);
      });
      const Run run(with_hole(test::mqtt_connect(), stream, size, 2));
      CHECK(run.notes == expected);
    }
  }
}

TEST_CASE("flow/resync: acknowledgements cut anywhere are found behind a hole, too") {
  Notes expected = {"connack "};
  const std::string stream = many(200, 99, 2, expected, [&](unsigned i) {
    return std::pair(std::string("\x40\x02\x01", 3) + static_cast<char>(i), "puback ");
  });
  const Run run(with_hole(std::string("\x20\x02\0\0", 4), stream, 99, 2, false));
  CHECK(run.notes == expected);
}

TEST_CASE("flow/resync: HTTP messages that begin within segments are found behind a hole") {
  for (const std::size_t size : {50U, 333U, 1448U}) {
    CAPTURE(size);
    Notes requests;
    std::string stream = many(100, size, 2, requests, [&](unsigned i) {
      const std::string target = fmt::format("/readings/{}?a=b", i);
      return std::pair(fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n"
                                   "{{\"a\":1}}",
                                   target),
                       "POST " + target);
    });
    CHECK(Run(with_hole("", stream, size, 2)).notes == requests);
    Notes answers;
    stream = many(100, size, 2, answers, [&](unsigned i) {
      const std::string body = fmt::format("answer {}", i);
      return std::pair(
          fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body),
          "200 " + body);
    });
    const Run run(with_hole("", stream, size, 2, false));
    CHECK(run.notes.size() >= answers.size());  // a body may be known by its head
    for (const std::string& one : answers)
      CHECK(std::count(run.notes.begin(), run.notes.end(), one) == 1);
  }
}

TEST_CASE("flow/resync: TLS records that begin within segments are found behind a hole") {
  Notes expected;
  const std::string stream = many(60, 500, 2, expected, [&](unsigned i) {
    return std::pair(record(100 + i, '\x5A'), fmt::format("record {}", 100 + i));
  });
  CHECK(Run(with_hole("", stream, 500, 2)).notes == expected);
}

TEST_CASE("flow/resync: WebSocket frames that begin within segments are found behind a hole") {
  const std::string get = "GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
  const std::string yes = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  Notes expected = {"GET /chat", "101 "};
  const std::string stream = many(60, 150, 2, expected, [&](unsigned i) {
    const std::string text = fmt::format("message number {}", i);
    return std::pair(frame(1, text, true), "frame " + text);
  });
  std::vector<Segment> segments = with_hole(get, stream, 150, 2);
  segments.insert(segments.begin() + 3, {.from_client = false, .sequence = 1, .payload = yes});
  CHECK(Run(segments).notes == expected);
}

TEST_CASE("flow/resync: noise behind a hole invents nothing") {
  test::Dice dice(3);
  const Notes none = {"connect "};
  for (unsigned round = 0; round < 50; ++round) {
    const std::string stream = dice.noise(20'000);
    CHECK(Run(with_hole(test::mqtt_connect(), stream, 1448, 0)).notes == none);
  }
}

TEST_CASE("flow/resync: the middle of a message, then whole ones: a capture that begins late") {
  test::Dice dice(4);
  const std::string rest = dice.noise(3000);
  std::vector<Segment> segments = {{.sequence = 500, .payload = rest}};
  for (std::uint32_t i = 0; i < 3; ++i)
    segments.push_back({.sequence = 3500 + 9 * i, .payload = test::mqtt_publish("wx/a", "1")});
  Run run(segments);
  CHECK(run.notes == Notes{"data", "publish wx/a", "publish wx/a", "publish wx/a"});
  CHECK(run.flow.protocol == Protocol::mqtt);
  CHECK(run.flow.verdict == Verdict::plaintext);
  // The same, and the first whole one begins within the segment.
  segments = {{.sequence = 500,
               .payload = rest + test::mqtt_publish("wx/station/1", "x") +
                          test::mqtt_publish("wx/station/2", "x")}};
  CHECK(Run(segments).notes == Notes{"data", "publish wx/station/1", "publish wx/station/2"});
}

TEST_CASE("flow/resync: an upload's rest, then requests; answers help to know") {
  test::Dice dice(5);
  const std::string rest = dice.noise(2000);
  const std::string post = "POST /u HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  const std::string yes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  std::vector<Segment> segments = {{.sequence = 500, .payload = rest.substr(0, 1000)},
                                   {.sequence = 1500, .payload = rest.substr(1000) + post + post}};
  CHECK(Run(segments).notes == Notes{"data", "POST /u", "POST /u"});
  segments = {{.sequence = 500, .payload = rest},
              {.from_client = false, .sequence = 1, .payload = yes},
              {.sequence = 2500, .payload = post},
              {.from_client = false,
               .sequence = static_cast<std::uint32_t>(1 + yes.size()),
               .payload = yes}};
  CHECK(Run(segments).notes == Notes{"data", "200 ok", "POST /u", "200 ok"});
}

TEST_CASE("flow/resync: records and frames in a capture that begins late") {
  test::Dice dice(6);
  Run run({{.sequence = 500, .payload = dice.noise(700) + record(40, 'a') + record(41, 'b')}});
  CHECK(run.notes == Notes{"data", "record 40", "record 41"});
  CHECK(run.flow.verdict == Verdict::encrypted);
  run = Run({{.sequence = 500, .payload = frame(2, test::mqtt_connect(), true)}});
  CHECK(run.notes == Notes{"connect "});
  CHECK(run.flow.protocol == Protocol::websocket);
  CHECK(run.flow.inner == Protocol::mqtt);
}

TEST_CASE("flow/resync: what was seen whole and is nobody's is not searched") {
  test::Dice dice(7);
  const std::string inside = dice.noise(300) + test::mqtt_publish("wx/station/1", "x") +
                             test::mqtt_publish("wx/station/2", "x") +
                             test::mqtt_publish("wx/station/3", "x");
  std::vector<Segment> segments = {{.sequence = 0, .flags = "S"},
                                   {.sequence = 1, .payload = inside},
                                   {.sequence = static_cast<std::uint32_t>(1 + inside.size()),
                                    .payload = "Log: GET / HTTP/1.1\r\nHost: a\r\n\r\n"}};
  CHECK(Run(segments).notes == Notes{"data"});
}
