#include "lib/proto/websocket_frame.h"

#include <doctest/doctest.h>

#include "lib/core/hex.h"

using namespace wxsec;
using proto::FrameState;
using proto::WebSocketOpcode;

namespace {

struct Example {
  const char* hex;  // RFC 6455 5.7
  WebSocketOpcode opcode;
  bool final;
  bool masked;
  const char* text;
};

constexpr Example kExamples[] = {
    {"810548656c6c6f", WebSocketOpcode::text, true, false, "Hello"},
    {"818537fa213d7f9f4d5158", WebSocketOpcode::text, true, true, "Hello"},
    {"010348656c", WebSocketOpcode::text, false, false, "Hel"},
    {"80026c6f", WebSocketOpcode::continuation, true, false, "lo"},
    {"890548656c6c6f", WebSocketOpcode::ping, true, false, "Hello"},
    {"8a8537fa213d7f9f4d5158", WebSocketOpcode::pong, true, true, "Hello"},
};

core::Bytes from(const char* hex) {
  auto bytes = core::from_hex(hex);
  REQUIRE(bytes);
  return *bytes;
}

}  // namespace

TEST_CASE("proto/websocket: the examples of RFC 6455") {
  for (const Example& example : kExamples) {
    CAPTURE(example.hex);
    const core::Bytes bytes = from(example.hex);
    const proto::WebSocketFrame frame = proto::peek_websocket_frame(bytes);
    REQUIRE(frame.state == FrameState::done);
    CHECK(frame.opcode == example.opcode);
    CHECK(frame.final == example.final);
    CHECK(frame.masked == example.masked);
    CHECK(frame.header_size + frame.payload_size == bytes.size());
    core::Bytes plain;
    proto::unmask(frame, 0, core::ByteView(bytes).subspan(frame.header_size), plain);
    CHECK(core::as_text(plain) == example.text);
  }
}

TEST_CASE("proto/websocket: lengths of two and eight bytes") {
  CHECK(proto::peek_websocket_frame(from("827e0100")).payload_size == 256);
  CHECK(proto::peek_websocket_frame(from("827f0000000000010000")).payload_size == 65536);
}

TEST_CASE("proto/websocket: a header that is cut anywhere waits for more") {
  const core::Bytes whole = from("82fe010037fa213d");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(proto::peek_websocket_frame(core::ByteView(whole).first(size)).state ==
          FrameState::need_more);
  CHECK(proto::peek_websocket_frame(whole).state == FrameState::done);
}

TEST_CASE("proto/websocket: what RFC 6455 forbids is bad") {
  for (const char* hex : {
           "8305",      // 5.2: reserved opcode 3
           "8b00",      // reserved control opcode
           "0900",      // 5.5: a fragmented ping
           "887e0100",  // 5.5: a close frame of 256 bytes
           "a100",      // 5.2: RSV2, which nobody negotiates
       }) {
    CAPTURE(hex);
    CHECK(proto::peek_websocket_frame(from(hex)).state == FrameState::bad);
  }
}

TEST_CASE("proto/websocket: a mask goes on in the middle of a payload") {
  const proto::WebSocketFrame frame = proto::peek_websocket_frame(from("818537fa213d"));
  core::Bytes plain;
  const core::Bytes masked = from("7f9f4d5158");
  proto::unmask(frame, 0, core::ByteView(masked).first(3), plain);
  proto::unmask(frame, 3, core::ByteView(masked).subspan(3), plain);
  CHECK(core::as_text(plain) == "Hello");
}
