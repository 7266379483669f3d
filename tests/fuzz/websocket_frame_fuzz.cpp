// Frame headers one after the other, and what they unmask.
#include <algorithm>
#include <cstdlib>

#include "lib/proto/websocket_frame.h"

using namespace wxsec;
using namespace wxsec::proto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::ByteView bytes(data, size);
  while (!bytes.empty()) {
    const WebSocketFrame frame = peek_websocket_frame(bytes);
    if (frame.state != FrameState::done) return 0;
    if (frame.header_size > bytes.size()) std::abort();
    bytes = bytes.subspan(frame.header_size);
    const core::ByteView payload = bytes.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), frame.payload_size)));
    core::Bytes plain;
    unmask(frame, 0, payload, plain);
    if (plain.size() != payload.size()) std::abort();
    bytes = bytes.subspan(payload.size());
  }
  return 0;
}
