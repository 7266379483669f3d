// A WebSocket message is one or more frames: two bytes of flags, opcode and short length, perhaps a
// longer length, a four-byte mask from clients (against confused proxies, not for secrecy: it
// stands right before the data), then the payload.
#include "lib/proto/websocket_frame.h"

#include "lib/wire/reader.h"

namespace wxsec::proto {
namespace {

bool known_opcode(unsigned opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

}  // namespace

WebSocketFrame peek_websocket_frame(core::ByteView stream) {
  WebSocketFrame frame;
  if (stream.size() < 2) return frame;
  wire::Reader in(stream);
  const std::uint8_t first = in.u8();
  const std::uint8_t second = in.u8();
  const unsigned opcode = first & 0x0FU;
  frame.final = (first & 0x80U) != 0;
  frame.compressed = (first & 0x40U) != 0;
  frame.opcode = static_cast<WebSocketOpcode>(opcode);
  frame.masked = (second & 0x80U) != 0;
  frame.payload_size = second & 0x7FU;
  const bool control = opcode >= 8;
  if ((first & 0x30U) != 0 || !known_opcode(opcode) ||
      (control && (!frame.final || frame.payload_size > 125))) {
    frame.state = FrameState::bad;
    return frame;
  }
  if (frame.payload_size == 126) {
    frame.payload_size = in.u16();
  } else if (frame.payload_size == 127) {
    frame.payload_size = in.u64();
  }
  if (frame.masked) {
    for (std::uint8_t& byte : frame.mask) byte = in.u8();
  }
  if (!in.ok()) return frame;
  frame.header_size = in.offset();
  frame.state = (frame.payload_size >> 63) != 0 ? FrameState::bad : FrameState::done;
  return frame;
}

void unmask(const WebSocketFrame& frame, std::uint64_t offset, core::ByteView payload,
            core::Bytes& out) {
  if (!frame.masked) {
    out.insert(out.end(), payload.begin(), payload.end());
    return;
  }
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<std::uint8_t>(payload[i] ^ frame.mask[(offset + i) % 4]));
}

}  // namespace wxsec::proto
