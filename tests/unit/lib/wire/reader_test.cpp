#include "lib/wire/reader.h"

#include <doctest/doctest.h>

#include <array>

using wxsec::wire::Reader;

namespace {
constexpr std::array<std::uint8_t, 9> kBytes{1, 2, 3, 4, 5, 6, 7, 8, 9};
}

TEST_CASE("wire/reader: integers are big-endian unless asked otherwise") {
  Reader in(kBytes);
  CHECK(in.u8() == 0x01);
  CHECK(in.u16() == 0x0203);
  CHECK(in.u24() == 0x040506);
  CHECK(in.le_u16() == 0x0807);
  CHECK(in.offset() == 8);
  CHECK(in.left() == 1);
  Reader wide(kBytes);
  CHECK(wide.u64() == 0x0102030405060708ULL);
  Reader little(kBytes);
  CHECK(little.le_u64() == 0x0807060504030201ULL);
  Reader word(kBytes);
  CHECK(word.le_u32() == 0x04030201U);
  CHECK(word.u32() == 0x05060708U);
}

TEST_CASE("wire/reader: a header of fixed size is there as a whole, or all zeros") {
  Reader in(kBytes);
  const auto first = in.header<4>();
  CHECK(first.u8<0>() == 1);
  CHECK(first.u16<2>() == 0x0304);
  CHECK(first.u32<0>() == 0x01020304U);
  CHECK(first.le_u32<0>() == 0x04030201U);
  CHECK(in.offset() == 4);
  const auto second = in.header<4>();
  CHECK(second.u8<3>() == 8);
  const auto cut = in.header<2>();
  CHECK(cut.u16<0>() == 0);
  CHECK_FALSE(in.ok());
}

TEST_CASE("wire/reader: a short read fails once and stays failed") {
  Reader in(kBytes);
  in.skip(8);
  CHECK(in.u16() == 0);
  CHECK_FALSE(in.ok());
  CHECK(in.left() == 0);
  CHECK(in.u8() == 0);
  CHECK(in.bytes(0).empty());
  CHECK_FALSE(in.ok());
}

TEST_CASE("wire/reader: a sub-reader sees no byte beyond its length") {
  Reader in(kBytes);
  Reader inner = in.sub(2);
  CHECK(inner.u8() == 1);
  CHECK(inner.u16() == 0);
  CHECK_FALSE(inner.ok());
  CHECK(in.ok());
  CHECK(in.u8() == 3);
}

TEST_CASE("wire/reader: a sub-reader that does not fit fails both") {
  Reader in(kBytes);
  const Reader inner = in.sub(10);
  CHECK_FALSE(inner.ok());
  CHECK_FALSE(in.ok());
}

TEST_CASE("wire/reader: a huge count does not wrap around") {
  Reader in(kBytes);
  in.skip(1);
  CHECK(in.bytes(SIZE_MAX).empty());
  CHECK_FALSE(in.ok());
}

TEST_CASE("wire/reader: peek at the end is zero and no failure") {
  Reader in(kBytes);
  CHECK(in.peek() == 1);
  in.skip(9);
  CHECK(in.peek() == 0);
  CHECK(in.ok());
}
