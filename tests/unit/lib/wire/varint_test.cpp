#include "lib/wire/varint.h"

#include <doctest/doctest.h>

#include "lib/core/hex.h"

using namespace wxsec::wire;
using wxsec::core::Bytes;

namespace {

struct Case {
  std::uint32_t value;
  const char* hex;
};
// MQTT 5.0 table 1-1: the borders of each length.
const Case kBorders[] = {
    {0, "00"},         {127, "7f"},         {128, "8001"},         {16383, "ff7f"},
    {16384, "808001"}, {2097151, "ffff7f"}, {2097152, "80808001"}, {268435455, "ffffff7f"}};

Bytes bytes_of(const char* hex) { return wxsec::core::from_hex(hex).value(); }

}  // namespace

TEST_CASE("wire/varint: the borders of every length, both ways") {
  for (const Case& border : kBorders) {
    CAPTURE(border.value);
    const Bytes bytes = bytes_of(border.hex);
    Writer out;
    write_varint(out, border.value);
    CHECK(out.view() == bytes);
    const Varint peeked = peek_varint(bytes);
    CHECK(peeked.state == VarintState::done);
    CHECK(peeked.value == border.value);
    CHECK(peeked.length == bytes.size());
    Reader in(bytes);
    CHECK(read_varint(in) == border.value);
    CHECK(in.ok());
  }
}

TEST_CASE("wire/varint: every truncation needs more, and fails inside a whole message") {
  for (const Case& border : kBorders) {
    Bytes bytes = bytes_of(border.hex);
    bytes.pop_back();
    CHECK(peek_varint(bytes).state == VarintState::need_more);
    Reader in(bytes);
    CHECK(read_varint(in) == 0);
    CHECK_FALSE(in.ok());
  }
}

TEST_CASE("wire/varint: five bytes are never legal") {
  const Bytes five = bytes_of("ffffffff7f");
  CHECK(peek_varint(five).state == VarintState::bad);
  Reader in(five);
  CHECK(read_varint(in) == 0);
  CHECK_FALSE(in.ok());
}
