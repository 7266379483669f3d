//     PROXY TCP4 192.0.2.9 192.0.2.1 5555 1883\r\n                               version 1
//     0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A  21 11 00 0C  addresses and ports      version 2
//
// Only its size matters here.
#include "lib/proto/proxy_header.h"

#include <algorithm>
#include <string_view>

#include "lib/wire/reader.h"

namespace wxsec::proto {
namespace {

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);

bool begins_like(std::string_view stream, std::string_view known) {
  return stream.starts_with(known.substr(0, std::min(stream.size(), known.size())));
}

// 2.1: at most 107 bytes with the line's end; the family is one of three words.
ProxyHeader text_header(std::string_view stream) {
  constexpr std::size_t kLongest = 107;
  const std::string_view rest = stream.substr(std::min(stream.size(), kText.size()));
  const bool family =
      begins_like(rest, "TCP4 ") || begins_like(rest, "TCP6 ") || begins_like(rest, "UNKNOWN");
  if (!family) return {};
  const std::string_view line = stream.substr(0, kLongest);
  const std::size_t end = line.find("\r\n");
  const std::string_view words = line.substr(0, std::min(end, line.size()));
  const bool plain = std::all_of(words.begin(), words.end(), [](char c) {
    return c == '\r' ||
           (static_cast<std::uint8_t>(c) >= 0x20 && static_cast<std::uint8_t>(c) < 0x7F);
  });
  if (!plain) return {};
  if (end != std::string_view::npos) return {FrameState::done, end + 2};
  return {stream.size() < kLongest ? FrameState::need_more : FrameState::bad, 0};
}

// 2.2: after the signature version and command, family and protocol, length of the rest.
ProxyHeader binary_header(core::ByteView stream) {
  constexpr std::size_t kLongest = 4096;  // addresses take 216 bytes at most, extensions few more
  wire::Reader in(stream);
  in.skip(kBinary.size());
  const std::uint8_t version = in.u8();
  in.skip(1);
  const std::size_t size = in.u16() + in.offset();
  if (!in.ok()) return {FrameState::need_more, 0};
  if ((version & 0xFEU) != 0x20U || size > kLongest) return {};
  return {stream.size() < size ? FrameState::need_more : FrameState::done, size};
}

}  // namespace

ProxyHeader peek_proxy_header(core::ByteView stream) {
  const std::string_view text = core::as_text(stream);
  if (begins_like(text, kText)) return text_header(text);
  return begins_like(text, kBinary) ? binary_header(stream) : ProxyHeader();
}

}  // namespace wxsec::proto
