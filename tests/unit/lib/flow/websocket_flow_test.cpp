// WebSocket on a connection: what is too large, and what is missing.
#include <doctest/doctest.h>
#include <zlib.h>

#include "tests/support/talk_builder.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::TalkBuilder;

namespace {

using Notes = std::vector<std::string>;

// "publish TOPIC PAYLOAD" (the payload's first bytes), "text WORDS", "deflated", "gap".
Notes notes(const TalkBuilder& talk) {
  Notes out;
  talk.run([&](const Event& event) {
    if (const auto* const mqtt = std::get_if<MqttMessage>(&event.what)) {
      const auto* const publish = std::get_if<proto::MqttPublish>(&mqtt->packet->body);
      if (publish != nullptr)
        out.push_back("publish " + std::string(mqtt->topic) + " " +
                      std::string(core::as_text(publish->payload)).substr(0, 20) +
                      (mqtt->truncated ? "..." : ""));
    } else if (const auto* const frame = std::get_if<WebSocketMessage>(&event.what)) {
      if (frame->carried) return;
      if (frame->deflated) return out.emplace_back("deflated"), void();
      out.push_back("text " + std::string(core::as_text(frame->payload)).substr(0, 20) +
                    (frame->truncated ? "..." : ""));
    } else if (std::holds_alternative<MqttProblem>(event.what)) {
      out.emplace_back("problem");
    } else if (std::holds_alternative<UnknownData>(event.what)) {
      out.emplace_back("data");
    }
  });
  return out;
}

TalkBuilder upgraded(const std::string& extensions = "") {
  TalkBuilder talk;
  talk.client("GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  talk.server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
              (extensions.empty() ? "" : "Sec-WebSocket-Extensions: " + extensions + "\r\n") +
              "\r\n");
  return talk;
}

enum : unsigned {
  kText = 0x81,
  kBinary = 0x82,
  kBeginsBinary = 0x02,
  kEnds = 0x80,
  kDeflated = 0x40
};

// A client's frame; the mask is zero so that tests can be read.
std::string frame(unsigned first, const std::string& payload) {
  wire::Writer out;
  out.u8(static_cast<std::uint8_t>(first));
  if (payload.size() < 126) {
    out.u8(static_cast<std::uint8_t>(0x80U | payload.size()));
  } else if (payload.size() < 65536) {
    out.u8(0xFE);
    out.u16(static_cast<std::uint16_t>(payload.size()));
  } else {
    out.u8(0xFF);
    out.u32(0);
    out.u32(static_cast<std::uint32_t>(payload.size()));
  }
  out.u32(0);
  out.text(payload);
  return std::string(core::as_text(out.take()));
}

std::string connect() {
  proto::MqttConnect packet;
  packet.client_id = "station-0001";
  return std::string(core::as_text(proto::encode_mqtt(packet)));
}
std::string publish(std::string_view topic, std::string_view payload) {
  proto::MqttPublish packet;
  packet.topic = topic;
  packet.payload = core::as_bytes(payload);
  return std::string(core::as_text(proto::encode_mqtt(packet, proto::MqttVersion::v311)));
}

// One sender's messages, which refer back to each other unless told to forget.
class Deflater {
 public:
  Deflater() { deflateInit2(&z_, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY); }
  ~Deflater() { deflateEnd(&z_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  void forget() { deflateReset(&z_); }
  std::string operator()(const std::string& text) {
    std::string out(text.size() + 1000, '\0');
    core::Bytes input = core::to_bytes(core::as_bytes(text));
    z_.next_in = input.data();
    z_.avail_in = static_cast<uInt>(input.size());
    z_.next_out = reinterpret_cast<Bytef*>(out.data());
    z_.avail_out = static_cast<uInt>(out.size());
    deflate(&z_, Z_SYNC_FLUSH);
    out.resize(out.size() - z_.avail_out - 4);  // RFC 7692 7.2.1
    return out;
  }

 private:
  z_stream z_{};
};

constexpr std::size_t kLarge = 1'200'000;  // above the limit of a message

}  // namespace

TEST_CASE("flow/websocket: a frame above the limit shows its beginning, and nothing is lost") {
  TalkBuilder talk = upgraded();
  talk.client(frame(kBinary, connect()));
  talk.client(frame(kBinary, publish("wx/big", std::string(kLarge, 'B'))));
  talk.client(frame(kBinary, publish("wx/after", "1")));
  CHECK(notes(talk) == Notes{"publish wx/big BBBBBBBBBBBBBBBBBBBB...", "publish wx/after 1"});
}

TEST_CASE("flow/websocket: a packet over several frames, one of them above the limit") {
  const std::string big = publish("wx/big", std::string(kLarge, 'B'));
  TalkBuilder talk = upgraded();
  talk.client(frame(kBinary, connect())).client(frame(kBinary, big.substr(0, 100)));
  talk.client(frame(kBinary, big.substr(100, 1'100'000)));
  talk.client(frame(kBinary, big.substr(1'100'100) + publish("wx/after", "1")));
  talk.client(frame(kBinary, publish("wx/later", "2")));
  CHECK(notes(talk) == Notes{"publish wx/big BBBBBBBBBBBBBBBBBBBB...", "publish wx/after 1",
                             "publish wx/later 2"});
}

TEST_CASE("flow/websocket: a text above the limit is shown by its beginning") {
  TalkBuilder talk = upgraded();
  talk.client(frame(kText, "begin " + std::string(kLarge, 'x'))).client(frame(kText, "next"));
  CHECK(notes(talk) == Notes{"text begin xxxxxxxxxxxxxx...", "text next"});
}

TEST_CASE("flow/websocket: messages that inflate above the limit, in one frame and in many") {
  Deflater deflate;
  TalkBuilder talk = upgraded("permessage-deflate");
  talk.client(frame(kBinary | kDeflated, deflate(connect())));
  talk.client(frame(kBinary | kDeflated, deflate(publish("wx/big", std::string(1'500'000, 'B')))));
  talk.client(frame(kBinary | kDeflated, deflate(publish("wx/a", "{\"t\": 1}"))));
  const std::string fragmented = deflate(publish("wx/two", std::string(kLarge, 'C')));
  talk.client(frame(kBeginsBinary | kDeflated, fragmented.substr(0, 500)));
  talk.client(frame(0, fragmented.substr(500))).client(frame(kEnds, ""));
  talk.client(frame(kBinary | kDeflated, deflate(publish("wx/a", "{\"t\": 1}"))));
  CHECK(notes(talk) == Notes{"publish wx/big BBBBBBBBBBBBBBBBBBBB...", "publish wx/a {\"t\": 1}",
                             "publish wx/two CCCCCCCCCCCCCCCCCCCC...", "publish wx/a {\"t\": 1}"});
}

TEST_CASE("flow/websocket: after a lost frame compressed messages are not made up") {
  Deflater deflate;
  TalkBuilder talk = upgraded("permessage-deflate");
  talk.client(frame(kBinary | kDeflated, deflate(connect())));
  talk.lost_client(frame(kBinary | kDeflated, deflate(publish("wx/a", "{\"temperature\": 1}"))));
  talk.client(frame(kBinary | kDeflated, deflate(publish("wx/a", "{\"temperature\": 2}"))));
  talk.client(frame(kText, "in clear")).client(frame(kText | kDeflated, deflate("not in clear")));
  CHECK(notes(talk) == Notes{"deflated", "text in clear", "deflated"});
}

TEST_CASE("flow/websocket: without context takeover only the lost message is missing") {
  Deflater deflate;
  TalkBuilder talk = upgraded("permessage-deflate; client_no_context_takeover");
  const auto send = [&](const std::string& text, bool captured) {
    const std::string bytes = frame(kText | kDeflated, deflate(text));
    deflate.forget();
    captured ? talk.client(bytes) : talk.lost_client(bytes);
  };
  send("the first one", true);
  send("the second one", false);
  send("the third one", true);
  CHECK(notes(talk) == Notes{"text the first one", "text the third one"});
}

TEST_CASE("flow/websocket: a hole in a frame ends its text, and MQTT counts over it") {
  const std::string text = frame(kText, "password=AAAABBBBCCCC");
  TalkBuilder talk = upgraded();
  talk.client(text.substr(0, 6 + 13)).lost_client(text.substr(19, 4)).client(text.substr(23));
  talk.client(frame(kText, "next"));
  CHECK(notes(talk) == Notes{"text password=AAAA...", "text next"});

  // Two packets in one frame, the first one with a hole.
  const std::string two =
      frame(kBinary, publish("wx/a", std::string(80, 'A')) + publish("wx/b", "1"));
  TalkBuilder mqtt = upgraded();
  mqtt.client(frame(kBinary, connect()));
  mqtt.client(two.substr(0, 40)).lost_client(two.substr(40, 20)).client(two.substr(60));
  mqtt.client(frame(kBinary, publish("wx/c", "2")));
  CHECK(notes(mqtt) == Notes{"problem", "publish wx/b 1", "publish wx/c 2"});
}

TEST_CASE("flow/websocket: fragments behind a lost one are no message of their own") {
  TalkBuilder talk = upgraded();
  talk.client(frame(kText, "one")).client(frame(0x01, "two "));
  talk.lost_client(frame(0x00, "three ")).client(frame(kEnds, "four")).client(frame(kText, "five"));
  for (const std::string& note : notes(talk)) CHECK(note.find("four") == std::string::npos);
}

// RFC 6455 9.1.
TEST_CASE("flow/websocket: extensions on several lines are one list") {
  Deflater deflate;
  TalkBuilder talk = upgraded("x-one\r\nSec-WebSocket-Extensions: permessage-deflate");
  talk.client(frame(kText | kDeflated, deflate("the first one")));
  CHECK(notes(talk) == Notes{"text the first one"});
}

// The frame's beginning reaches the decoder in one piece that is larger than its first packet.
TEST_CASE("flow/websocket: behind a large packet in the same frame the next one is heard") {
  for (const std::size_t more : {0U, 1U, 24U, 30'000U, 200'000U}) {
    CAPTURE(more);
    const std::string large = test::mqtt_publish("wx/big", std::string(1'048'570 + more, 'z'));
    TalkBuilder talk = upgraded();
    talk.client(frame(kBinary, connect()));
    talk.client(frame(kBinary, large + test::mqtt_publish("wx/a", "1")));
    talk.client(frame(kBinary, test::mqtt_publish("wx/b", "2")));
    const Notes heard = notes(talk);
    REQUIRE(heard.size() == 3);
    CHECK(heard[0].starts_with("publish wx/big zzzz"));
    CHECK(heard[1] == "publish wx/a 1");
    CHECK(heard[2] == "publish wx/b 2");
  }
}
