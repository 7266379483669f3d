// Which side is the client, in captures that begin after SYN and whatever the ports are.
#include <doctest/doctest.h>

#include "lib/flow/engine.h"
#include "lib/flow/speaker.h"
#include "tests/support/tcp_talk.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::Segment;

namespace {

std::string text_of(const core::Bytes& bytes) { return std::string(core::as_text(bytes)); }

std::string connect() { return text_of(proto::encode_mqtt(proto::MqttConnect{})); }

std::string publish() {
  proto::MqttPublish packet;
  packet.topic = "wx/a";
  return text_of(proto::encode_mqtt(packet, proto::MqttVersion::v311));
}

std::string bytes_of(std::initializer_list<unsigned> bytes) {
  std::string out;
  for (const unsigned byte : bytes) out += static_cast<char>(byte);
  return out;
}

const std::string kConnack = bytes_of({0x20, 2, 0, 0});
const std::string kPingreq = bytes_of({0xC0, 0});
const std::string kPingresp = bytes_of({0xD0, 0});
const std::string kSubscribe = bytes_of({0x82, 9, 0, 1, 0, 4, 'w', 'x', '/', 'a', 0});

std::string hello(unsigned type) {
  std::string out = bytes_of({0x16, 3, 1, 0, 0x2F, type, 0, 0, 0x2B, 3, 3});
  out += std::string(32, '\x11') + bytes_of({0, 0, 2, 0xC0, 0x2B, 1, 0, 0, 0});
  return out;
}

// What an engine says of who is the client, after these segments between ports 1500 (the true
// client) and 64443, of which none has SYN.
struct Heard {
  std::vector<std::uint16_t> message_sources;
  FlowFacts facts;

  explicit Heard(const std::vector<std::pair<bool, std::string>>& said,
                 std::uint16_t server_port = 64443) {
    Engine engine(EngineLimits{}, [this](const Event& event) {
      if (std::holds_alternative<MqttMessage>(event.what) ||
          std::holds_alternative<HttpMessage>(event.what))
        message_sources.push_back(event.source().port);
      if (std::holds_alternative<FlowEnd>(event.what)) facts = *event.flow;
    });
    std::uint32_t at[2] = {1, 1};
    capture::Packet packet;
    for (const auto& [from_client, payload] : said) {
      const std::size_t side = from_client ? 0 : 1;
      const core::Bytes bytes = test::ethernet({.from_client = from_client,
                                                .sequence = at[side],
                                                .payload = payload,
                                                .acknowledgement = at[1 - side],
                                                .client_port = 1500,
                                                .server_port = server_port});
      at[side] += static_cast<std::uint32_t>(payload.size());
      packet.bytes = bytes;
      ++packet.number;
      engine.take(packet);
    }
    engine.finish();
  }
};

constexpr bool kClient = true;
constexpr bool kServer = false;

}  // namespace

TEST_CASE("flow/speaker: what only one side may say") {
  for (const std::string& said :
       {connect(), connect().substr(0, 12), kSubscribe, publish() + kPingreq, kPingreq, hello(1),
        std::string("GET / HTTP/1.1\r\nHost: wx\r\n\r\n")})
    CHECK(who_says(core::as_bytes(said)) == Speaker::client);
  for (const std::string& said : {kConnack, kPingresp, publish() + kPingresp, hello(2),
                                  std::string("HTTP/1.1 200 OK\r\n\r\n")})
    CHECK(who_says(core::as_bytes(said)) == Speaker::server);
  for (const std::string& said :
       {std::string(), publish(), std::string("\x10", 1), std::string("hello, who is there?"),
        bytes_of({0x17, 3, 3, 0, 32}) + std::string(32, '\1'),
        bytes_of({0x16, 3, 3, 0, 40, 1}) + std::string(39, '\x77')})
    CHECK(who_says(core::as_bytes(said)) == Speaker::unknown);
}

TEST_CASE("flow/sides: the first words tell who is the client, whatever the ports") {
  for (const std::string& said : {connect(), hello(1), std::string("GET / HTTP/1.1\r\n\r\n")}) {
    const Heard heard({{kClient, said}});
    CHECK(heard.facts.client.port == 1500);
    CHECK(heard.facts.server.port == 64443);
    CHECK(heard.facts.bytes[0] == said.size());
  }
  for (const std::string& said : {kConnack, hello(2), std::string("HTTP/1.1 204 No\r\n\r\n")}) {
    const Heard heard({{kServer, said}});
    CHECK(heard.facts.client.port == 1500);
    CHECK(heard.facts.bytes[1] == said.size());
  }
  CHECK(Heard({{kClient, connect()}, {kServer, kConnack}}).message_sources ==
        std::vector<std::uint16_t>{1500, 64443});
}

TEST_CASE("flow/sides: who was taken for the other one is turned around before the first message") {
  const std::string rest = "rest of something that began before the capture did\r\n";
  const Heard heard({{kServer, rest},
                     {kClient, "GET / HTTP/1.1\r\n\r\n"},
                     {kServer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}});
  CHECK(heard.facts.client.port == 1500);
  CHECK(heard.facts.packets[0] == 1);
  CHECK(heard.facts.packets[1] == 2);
  REQUIRE_FALSE(heard.message_sources.empty());
  CHECK(heard.message_sources[0] == 1500);
}

TEST_CASE("flow/sides: where nothing tells, a port that servers listen on does") {
  CHECK(Heard({{kClient, publish()}}, 1883).facts.client.port == 1500);
  CHECK(Heard({{kServer, publish()}}, 1883).facts.client.port == 1500);
}
