// Content-Encoding is compression, not secrecy: gzip and deflate are undone here with a bound on
// the output, since a few kilobytes can claim to be gigabytes.
#include <zlib.h>

#include <algorithm>

#include "lib/proto/http_message.h"

namespace wxsec::proto {
namespace {

// `window_bits` as in zlib: 15+32 detects gzip or zlib, -15 is bare deflate.
core::Bytes inflate_with(core::ByteView body, int window_bits, std::size_t limit) {
  core::Bytes out;
  z_stream z{};
  if (inflateInit2(&z, window_bits) != Z_OK) return out;
  z.next_in = const_cast<Bytef*>(body.data());
  z.avail_in = static_cast<uInt>(std::min<std::size_t>(body.size(), 1U << 30));
  int state = Z_OK;
  while (state == Z_OK && out.size() < limit) {
    const std::size_t before = out.size();
    const std::size_t room = std::min<std::size_t>(limit - before, 16 * 1024);
    out.resize(before + room);
    z.next_out = out.data() + before;
    z.avail_out = static_cast<uInt>(room);
    state = inflate(&z, Z_NO_FLUSH);
    out.resize(before + room - z.avail_out);
    if (out.size() == before) break;
  }
  inflateEnd(&z);
  return out;
}

}  // namespace

std::optional<core::Bytes> inflate_body(core::ByteView body, std::string_view content_encoding,
                                        std::size_t limit) {
  const bool gzip = equals_ignoring_case(content_encoding, "gzip") ||
                    equals_ignoring_case(content_encoding, "x-gzip");
  const bool deflate = equals_ignoring_case(content_encoding, "deflate");
  if ((!gzip && !deflate) || body.empty()) return std::nullopt;
  core::Bytes out = inflate_with(body, 15 + 32, limit);
  // RFC 9110 8.4.1.2 notes it: some send bare deflate data under this name.
  if (out.empty() && deflate) out = inflate_with(body, -15, limit);
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace wxsec::proto
