// A content or transfer coding is compression, not secrecy: gzip and deflate are undone here with a
// bound on the output, since a few kilobytes can claim to be gigabytes.
#include <zlib.h>

#include <algorithm>

#include "lib/proto/http_message.h"

namespace wxsec::proto {
namespace {

// RFC 1952 2.2: a file is one member or several, one behind the other.
bool another_member(const z_stream& z) {
  return z.avail_in >= 2 && z.next_in[0] == 0x1F && z.next_in[1] == 0x8B;
}

// `window_bits` as in zlib: 15+32 detects gzip or zlib, -15 is bare deflate.
core::Bytes inflate_with(core::ByteView body, int window_bits, std::size_t limit, bool& cut) {
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
    if (state == Z_STREAM_END && another_member(z)) {
      state = inflateReset(&z);
      continue;
    }
    if (out.size() == before) break;
  }
  cut = out.size() == limit && state == Z_OK;
  inflateEnd(&z);
  return out;
}

bool undo(core::ByteView body, std::string_view coding, std::size_t limit, Inflated& out) {
  const bool gzip = equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip");
  const bool deflate = equals_ignoring_case(coding, "deflate");
  if ((!gzip && !deflate) || body.empty() || limit == 0) return false;
  core::Bytes made = inflate_with(body, 15 + 32, limit, out.cut);
  // RFC 9110 8.4.1.2 notes it: some send bare deflate data under this name.
  if (made.empty() && deflate) made = inflate_with(body, -15, limit, out.cut);
  out.made += made.size();
  if (made.empty()) return false;
  out.body = std::move(made);
  return true;
}

// The last of a list, which loses it.
std::string_view take_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  constexpr std::string_view kBlanks = " \t\r\n";  // of a folded field, too
  const std::size_t begin = std::min(last.find_first_not_of(kBlanks), last.size());
  return last.substr(begin, last.find_last_not_of(kBlanks) + 1 - begin);
}

}  // namespace

Inflated inflate_body(core::ByteView body, std::string_view codings, std::size_t limit) {
  constexpr int kMostCodings = 4;  // each may claim a thousand times what it is
  Inflated out;
  for (int undone = 0; !codings.empty();) {
    const std::string_view coding = take_last(codings);
    if (coding.empty() || equals_ignoring_case(coding, "identity") ||
        equals_ignoring_case(coding, "chunked"))
      continue;
    const core::ByteView input = out.body ? core::ByteView(*out.body) : body;
    if (undone++ == kMostCodings || !undo(input, coding, limit, out)) {
      out.body.reset();
      return out;
    }
  }
  return out;
}

}  // namespace wxsec::proto
