// A head, its framing, chunks and compressed bodies.
#include "lib/proto/http_message.h"

using namespace wxsec;
using namespace wxsec::proto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView bytes(data, size);
  HttpHead head;
  looks_like_http(bytes);
  if (decode_http_head(bytes, head) != FrameState::done) return 0;
  http_body_framing(head, "GET");
  const core::ByteView body = bytes.subspan(head.size);
  HttpChunkReader chunks;
  core::Bytes out;
  std::size_t eaten = 0;
  chunks.feed(body, eaten, out, 4096);
  inflate_body(body, head.field("content-encoding"), 4096);
  decode_base64(head.field("authorization"));
  return 0;
}
