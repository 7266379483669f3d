// WebSocket frames (RFC 6455 5.2).
#pragma once

#include <array>
#include <cstdint>

#include "lib/core/bytes.h"
#include "lib/proto/frame.h"

namespace wxsec::proto {

enum class WebSocketOpcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

struct WebSocketFrame {
  FrameState state = FrameState::need_more;
  bool final = false;
  bool compressed = false;  // RSV1: permessage-deflate, RFC 7692
  WebSocketOpcode opcode = WebSocketOpcode::continuation;
  bool masked = false;
  std::array<std::uint8_t, 4> mask{};
  std::size_t header_size = 0;
  std::uint64_t payload_size = 0;
};

// The frame at the front of a stream, as far as its header tells. `bad`: unknown opcode, reserved
// bits, fragmented or long control frame.
WebSocketFrame peek_websocket_frame(core::ByteView stream);

// Appends `payload` with the mask undone; `offset` is payload's place in its frame.
void unmask(const WebSocketFrame& frame, std::uint64_t offset, core::ByteView payload,
            core::Bytes& out);

}  // namespace wxsec::proto
