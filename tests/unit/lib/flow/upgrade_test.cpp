// What is spoken after HTTP has switched to something else, or before anything is spoken.
#include <doctest/doctest.h>

#include "lib/flow/engine.h"
#include "tests/support/flow_run.h"

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
      notes.emplace_back(proto::mqtt_type_name(a->packet->type));
    } else if (std::holds_alternative<HttpMessage>(event.what)) {
      notes.emplace_back("http");
    } else if (std::holds_alternative<TlsRecordSeen>(event.what)) {
      notes.emplace_back("record");
    } else if (std::holds_alternative<Gap>(event.what)) {
      notes.emplace_back("gap");
    } else if (const auto* d = std::get_if<UnknownData>(&event.what)) {
      notes.push_back("data " + std::string(core::as_text(d->bytes)));
    } else if (std::holds_alternative<MqttProblem>(event.what)) {
      notes.emplace_back("problem");
    } else if (std::holds_alternative<FlowEnd>(event.what)) {
      flow = *event.flow;
      flow.tls = nullptr;
    }
  }
};

std::string frame(const std::string& payload, bool masked) {
  std::string out = "\x82";
  out += static_cast<char>(payload.size() | (masked ? 0x80U : 0));
  if (masked) out += std::string(4, '\0');
  return out + payload;
}

// Alternating, the client first; `lost` is the number of the one that the capture lacks.
std::vector<Segment> talk(const std::vector<std::pair<bool, std::string>>& parts,
                          std::size_t lost = ~std::size_t{0}) {
  std::vector<Segment> out = {
      {.sequence = 0, .flags = "S"},
      {.from_client = false, .sequence = 0, .flags = "SA", .acknowledgement = 1}};
  std::uint32_t next[2] = {1, 1};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [client, bytes] = parts[i];
    if (i != lost)
      out.push_back({.from_client = client,
                     .sequence = next[client ? 0 : 1],
                     .payload = bytes,
                     .acknowledgement = next[client ? 1 : 0]});
    next[client ? 0 : 1] += static_cast<std::uint32_t>(bytes.size());
  }
  return out;
}

const std::string kAsk = "GET /x HTTP/1.1\r\nUpgrade: ";
const std::string kSwitch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: ";
const std::string kEnd = "\r\n\r\n";

std::string hello() {
  std::string record("\x16\x03\x01\x00\x40\x01\x00\x00\x3c", 9);
  return record + std::string(60, '\x01');
}
std::string noise() { return "\x17\x03\x03" + std::string("\0\x20", 2) + std::string(32, '\x5A'); }

}  // namespace

TEST_CASE("flow/upgrade: TLS after 101 is TLS, and the flow is mixed (RFC 2817)") {
  const Run run(talk({{true, kAsk + "TLS/1.0" + kEnd},
                      {false, kSwitch + "TLS/1.0, HTTP/1.1" + kEnd},
                      {true, hello()},
                      {true, noise()},
                      {false, noise()}}));
  CHECK(run.notes == Notes{"http", "http", "record", "record", "record"});
  CHECK(run.flow.protocol == Protocol::http);
  CHECK(run.flow.inner == Protocol::tls);
  CHECK(run.flow.verdict == Verdict::mixed);
}

TEST_CASE("flow/upgrade: whatever else follows 101 is guessed at, and guessed again at a CONNECT") {
  const Run run(talk({{true, kAsk + "tcp" + kEnd},
                      {false, kSwitch + "tcp" + kEnd},
                      {true, "{\"password\":\"hunter22\"}\n"},
                      {true, test::mqtt_connect()}}));
  CHECK(run.notes == Notes{"http", "http", "data {\"password\":\"hunter22\"}\n", "connect"});
  CHECK(run.flow.verdict == Verdict::plaintext);
}

TEST_CASE("flow/upgrade: frames are read also where the answer to the upgrade is missing") {
  const std::string connack("\x20\x02\0\0", 4);
  const std::vector<std::pair<bool, std::string>> parts = {
      {true, kAsk + "websocket" + kEnd},         {false, kSwitch + "websocket" + kEnd},
      {true, frame(test::mqtt_connect(), true)}, {false, frame(connack, false)},
      {true, frame(test::mqtt_connect(), true)}, {false, frame(connack, false)}};
  const Run run(talk(parts, 1));
  CHECK(run.notes == Notes{"http", "connect", "connect", "gap", "connack", "connack"});
  CHECK(run.flow.protocol == Protocol::websocket);
  CHECK(run.flow.inner == Protocol::mqtt);
  // A refusal is no upgrade.
  const Run refused(talk({{true, kAsk + "websocket" + kEnd},
                          {false, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n"},
                          {true, frame(test::mqtt_connect(), true)}}));
  CHECK(refused.notes == Notes{"http", "http"});
}

TEST_CASE("flow/upgrade: an answer that comes after the first frame upgrades nothing twice") {
  std::vector<Segment> segments = talk({{true, kAsk + "websocket" + kEnd},
                                        {false, kSwitch + "websocket" + kEnd},
                                        {true, frame(test::mqtt_connect(), true)},
                                        {true, frame(test::mqtt_connect(), true)}});
  std::swap(segments[3], segments[4]);
  CHECK(Run(segments).notes == Notes{"http", "connect", "http", "connect"});
}

TEST_CASE("flow/upgrade: a PROXY header before the first message is passed over") {
  const std::string line = "PROXY TCP4 192.0.2.9 192.0.2.1 5555 1883\r\n";
  const std::string binary = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C", 16) +
                             std::string("\x7F\0\0\1\x7F\0\0\1\x12\x34\x07\x5B", 12);
  for (const std::string& header : {line, binary}) {
    const std::string stream = header + test::mqtt_connect();
    for (const std::size_t size : {std::size_t{1}, std::size_t{13}, header.size(), stream.size()}) {
      std::vector<std::pair<bool, std::string>> parts;
      for (std::size_t at = 0; at < stream.size(); at += size)
        parts.emplace_back(true, stream.substr(at, size));
      const Run run(talk(parts));
      CHECK(run.notes == Notes{"connect"});
      CHECK(run.flow.protocol == Protocol::mqtt);
    }
  }
  const std::string get = "GET / HTTP/1.1\r\n\r\n";
  CHECK(Run(talk({{true, line + get}})).notes == Notes{"http"});
}
