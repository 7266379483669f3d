// A response is a head, then a body whose end is told in one of four ways (RFC 9112 6.3): there is
// none, a length, chunks, or the end of the connection. Only the last cannot tell a whole body from
// one that was cut off, unless TLS says goodbye; tls::Stream makes an error of it if not.
#include "lib/http/response_reader.h"

#include <array>

namespace wxsec::http {

using core::Code;
using core::fail;
using core::Result;

Result<bool> ResponseReader::more() {
  std::array<std::uint8_t, 16 * 1024> piece;  // NOLINT: filled by read()
  const std::size_t n = WXSEC_TRY(channel_.read(piece, deadline_));
  buffer_.insert(buffer_.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(n));
  return n > 0;
}

Result<void> ResponseReader::read_head(ClientResponse& response, proto::HttpBodyFraming& framing,
                                       const ClientRequest& request) {
  for (;;) {
    proto::HttpHead head;
    const proto::FrameState state = proto::decode_http_head(rest(), head);
    if (state == proto::FrameState::bad || (state == proto::FrameState::done && head.request)) {
      constexpr std::uint8_t kTlsAlert = 0x15;
      const bool tls = !buffer_.empty() && buffer_.front() == kTlsAlert;
      return fail(Code::protocol, "the peer's answer is not HTTP",
                  tls ? "this port speaks TLS: use https:// in the address"
                      : "is there another service on this port?");
    }
    if (state == proto::FrameState::need_more) {
      if (WXSEC_TRY(more())) continue;
      return fail(Code::io, buffer_.empty() ? "the peer closed the connection without an answer"
                                            : "the peer's answer breaks off in its head");
    }
    at_ += head.size;
    if (head.status / 100 == 1) continue;  // 100 Continue and its like precede the answer
    response.status = head.status;
    response.reason = head.reason;
    for (const auto& field : head.fields) response.headers.emplace_back(field.name, field.value);
    framing = proto::http_body_framing(head, method_name(request.method));
    return {};
  }
}

Result<void> ResponseReader::read_chunks(std::size_t limit, std::string& body) {
  proto::HttpChunkReader chunks;
  core::Bytes content;
  for (;;) {
    std::size_t eaten = 0;
    const proto::FrameState state = chunks.feed(rest(), eaten, content, limit);
    at_ += eaten;
    if (chunks.content_size() > limit) return fail(Code::too_large, "the body is too large");
    if (state == proto::FrameState::bad) return fail(Code::protocol, "a chunk is malformed");
    if (state == proto::FrameState::done) break;
    buffer_.clear();
    at_ = 0;
    if (!WXSEC_TRY(more())) return fail(Code::io, "the body breaks off in the middle");
  }
  body = core::as_text(content);
  return {};
}

Result<void> ResponseReader::read_body(const proto::HttpBodyFraming& framing, std::size_t limit,
                                       std::string& body) {
  using Kind = proto::HttpBodyKind;
  if (framing.kind == Kind::none) return {};
  if (framing.kind == Kind::chunked) return read_chunks(limit, body);
  const bool sized = framing.kind == Kind::length;
  if (sized && framing.length > limit) return fail(Code::too_large, "the body is too large");
  while (!sized || rest().size() < framing.length) {
    if (rest().size() > limit) return fail(Code::too_large, "the body is too large");
    if (WXSEC_TRY(more())) continue;
    if (sized) return fail(Code::io, "the body breaks off in the middle");
    break;
  }
  body = core::as_text(sized ? rest().first(static_cast<std::size_t>(framing.length)) : rest());
  return {};
}

Result<ClientResponse> ResponseReader::read(const ClientRequest& request) {
  ClientResponse response;
  proto::HttpBodyFraming framing;
  WXSEC_TRY(read_head(response, framing, request));
  WXSEC_TRY(read_body(framing, request.max_body_bytes, response.body));
  return response;
}

}  // namespace wxsec::http
