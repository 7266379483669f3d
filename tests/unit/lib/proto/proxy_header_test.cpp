#include "lib/proto/proxy_header.h"

#include <doctest/doctest.h>

#include <string>

using namespace wxsec;
using proto::FrameState;

namespace {

proto::ProxyHeader peek(std::string_view text) {
  return proto::peek_proxy_header(core::as_bytes(text));
}

// The document's examples.
const std::string kLine = "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n";
const std::string kBinary = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C", 16) +
                            std::string("\x7F\0\0\1\x7F\0\0\1", 8) +
                            std::string("\x12\x34\x07\x5B", 4);

}  // namespace

TEST_CASE("proto/proxy_header: both versions end where they say") {
  for (const std::string& header : {kLine, kBinary, std::string("PROXY UNKNOWN\r\n")}) {
    const auto found = peek(header + "GET / HTTP/1.1\r\n");
    CHECK(found.state == FrameState::done);
    CHECK(found.size == header.size());
    for (std::size_t size = 1; size < header.size(); ++size)
      CHECK(peek(header.substr(0, size)).state == FrameState::need_more);
  }
}

TEST_CASE("proto/proxy_header: what is none is refused at once") {
  CHECK(peek("POST / HTTP/1.1\r\n").state == FrameState::bad);
  CHECK(peek("PROXY /x HTTP/1.1\r\n").state == FrameState::bad);
  CHECK(peek("PROXY TCP4 " + std::string(120, 'x')).state == FrameState::bad);
  CHECK(peek("PROXY TCP4 \x01").state == FrameState::bad);
  std::string other = kBinary;
  other[12] = '\x31';
  CHECK(peek(other).state == FrameState::bad);
  other = kBinary;
  other[14] = '\x7F';  // longer than anybody's
  CHECK(peek(other).state == FrameState::bad);
}
