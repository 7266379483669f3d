#include "lib/json/line_writer.h"

#include <doctest/doctest.h>

#include <iterator>

using namespace wxsec;

namespace {

std::string escaped(std::string_view text) {
  json::Buffer out;
  json::append_escaped(out, text);
  return std::string(out.text());
}

}  // namespace

TEST_CASE("json/line_writer: objects, arrays and numbers") {
  json::Buffer out;
  json::LineWriter line(out);
  line.text("a", "b\"c").number("n", 18446744073709551615ULL).boolean("t", true);
  line.open_array("list").item("x").item(std::uint64_t{2}).close_array();
  line.open_object("o").number("i", 1).close_object();
  line.end();
  CHECK(out.text() ==
        "{\"a\":\"b\\\"c\",\"n\":18446744073709551615,\"t\":true,\"list\":[\"x\",2],"
        "\"o\":{\"i\":1}}\n");
}

TEST_CASE("json/line_writer: hostile text is harmless") {
  CHECK(escaped("\x1b[2J") == "\\u001b[2J");
  CHECK(escaped("a\xE2\x80\xAE"
                "b") == "a\\u202eb");
  CHECK(escaped("\xC2\x9B") == "\\u009b");
  CHECK(escaped("\x7F") == "\\u007f");
  CHECK(escaped("\xE2\x80\xA8") == "\\u2028");
  CHECK(escaped(std::string_view("\0", 1)) == "\\u0000");
}

TEST_CASE("json/line_writer: what is not UTF-8 becomes a replacement, the rest stays") {
  CHECK(escaped("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
  CHECK(escaped("\xFFx") == "\\ufffdx");
  CHECK(escaped("\xC0\xAF") == "\\ufffd\\ufffd");
  CHECK(escaped("\xED\xA0\x80") == "\\ufffd\\ufffd\\ufffd");  // a surrogate
  CHECK(escaped("\xE2\x82") == "\\ufffd\\ufffd");
}

// What is plain is copied by words: each special byte at each place of a word, and at the end.
TEST_CASE("json/line_writer: special bytes are seen wherever they stand") {
  for (std::size_t size = 1; size <= 24; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const auto& [byte, shown] :
           {std::pair('"', "\\\""), std::pair('\\', "\\\\"), std::pair('\n', "\\n"),
            std::pair('\x1f', "\\u001f"), std::pair('\x7f', "\\u007f"),
            std::pair('\x80', "\\ufffd"), std::pair('\xff', "\\ufffd")}) {
        std::string text(size, '!');
        text[at] = byte;
        const std::string expected = std::string(at, '!') + shown + std::string(size - at - 1, '!');
        REQUIRE(escaped(text) == expected);
      }
    }
  }
}

TEST_CASE("json/line_writer: two special bytes in a row of eight, and long texts") {
  const std::pair<char, const char*> kinds[] = {
      {'"', "\\\""}, {'\\', "\\\\"}, {'#', "#"}, {'\n', "\\n"}, {'\xff', "\\ufffd"}};
  for (const auto& [one, one_shown] : kinds) {
    for (const auto& [two, two_shown] : kinds) {
      for (std::size_t at = 0; at < 10; ++at) {
        for (std::size_t between = 0; between < 9; ++between) {
          const std::string left(at, ']');
          const std::string middle(between, '!');
          REQUIRE(escaped(left + one + middle + two + left) ==
                  left + one_shown + middle + two_shown + left);
        }
      }
    }
  }
  std::string text;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    text += i % 7 == 0 ? '"' : 'a';
    expected += i % 7 == 0 ? "\\\"" : "a";
  }
  CHECK(escaped(text) == expected);
}

// Long texts go by blocks of 64: characters of one to four bytes across every border, escaped ones
// among them.
TEST_CASE("json/line_writer: long texts of all kinds of characters") {
  const std::pair<std::string, std::string> kinds[] = {
      {"a", "a"},          {"0123456789abcdefghi", "0123456789abcdefghi"},
      {"\"", "\\\""},      {"\xC3\xBC", "\xC3\xBC"},
      {"\n", "\\n"},       {"\xE2\x80\xAE", "\\u202e"},
      {"\xFF", "\\ufffd"}, {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"}};
  std::uint32_t dice = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    std::string expected;
    for (int i = 0; i < round % 120; ++i) {
      dice = dice * 1664525 + 1013904223;
      const auto& [raw, shown] = kinds[(dice >> 24) % std::size(kinds)];
      text += raw;
      expected += shown;
    }
    REQUIRE(escaped(text) == expected);
  }
}

TEST_CASE("json/line_writer: the writer tells what cannot be restored from the text") {
  json::Buffer out;
  json::LineWriter line(out);
  CHECK(line.bytes("a", "gr\xC3\xBC\xC3\x9F \x01"));
  CHECK_FALSE(line.bytes("b", "\xFF"));
}

TEST_CASE("json/line_writer: base64 of RFC 4648") {
  for (const auto& [plain, coded] :
       {std::pair("", ""), std::pair("f", "Zg=="), std::pair("fo", "Zm8="),
        std::pair("foo", "Zm9v"), std::pair("foobar", "Zm9vYmFy")}) {
    json::Buffer out;
    json::append_base64(out, core::as_bytes(plain));
    CHECK(out.text() == coded);
  }
}
