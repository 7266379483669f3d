// Escaping, eight bytes at a time: they are written down as they are, and where one of them should
// not have been, the output goes on from its place. What needs no escape is thus copied without
// looking at single bytes.
#include "lib/json/line_writer.h"

#include <array>
#include <bit>
#include <charconv>

namespace wxsec::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_code(Buffer& out, std::uint32_t code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xF];
}

void append_control(Buffer& out, std::uint8_t byte) {
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: append_code(out, byte);
  }
}

struct Decoded {
  std::uint32_t code = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

// RFC 3629 section 4.
Decoded decode(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  std::uint32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6) | (at(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, size};
}

// C1 controls; marks that reorder text (CVE-2021-42574); separators that end lines elsewhere.
bool harmful(std::uint32_t code) {
  return code < 0xA0 || (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x061C || code == 0xFEFF;
}

// Returns how many bytes of `text` were used; 0 where they are not UTF-8.
std::size_t append_beyond_ascii(Buffer& out, std::string_view text) {
  const Decoded one = decode(text);
  if (one.size == 0) {
    out += "\\ufffd";
  } else if (harmful(one.code)) {
    append_code(out, one.code);
  } else {
    out += text.substr(0, one.size);
  }
  return one.size;
}

// Spelled out, since of this the compiler makes one load or store, and of a loop it does not.
std::uint64_t load(const char* from) {
  const auto byte = [&](unsigned i) {
    return std::uint64_t{static_cast<std::uint8_t>(from[i])} << (8 * i);
  };
  return byte(0) | byte(1) | byte(2) | byte(3) | byte(4) | byte(5) | byte(6) | byte(7);
}
void store(std::uint64_t word, char* to) {
  to[0] = static_cast<char>(word);
  to[1] = static_cast<char>(word >> 8);
  to[2] = static_cast<char>(word >> 16);
  to[3] = static_cast<char>(word >> 24);
  to[4] = static_cast<char>(word >> 32);
  to[5] = static_cast<char>(word >> 40);
  to[6] = static_cast<char>(word >> 48);
  to[7] = static_cast<char>(word >> 56);
}

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;

// The high bit of every byte that is zero; of bytes above one that is zero, too, perhaps.
std::uint64_t zeros(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

// How many of the eight bytes stand before the first one that must not be copied as it is: a
// control character, a quote, a backslash, DEL, or what is not ASCII.
unsigned plain_bytes(std::uint64_t word) {
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
  const std::uint64_t special = below_space | zeros(word ^ (kOnes * '"')) |
                                zeros(word ^ (kOnes * '\\')) | zeros(word ^ (kOnes * 0x7F)) |
                                (word & kHighs);
  return special == 0 ? 8 : static_cast<unsigned>(std::countr_zero(special)) / 8;
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// Copies the plain beginning of `text`; returns its length.
std::size_t copy_plain(Buffer& out, std::string_view text) {
  char* const to = out.room(text.size());
  std::size_t at = 0;
  while (at + 8 <= text.size()) {
    const std::uint64_t word = load(text.data() + at);
    store(word, to + at);
    const unsigned plain = plain_bytes(word);
    at += plain;
    if (plain < 8) {
      out.commit(at);
      return at;
    }
  }
  while (at < text.size() && is_plain(text[at])) {
    to[at] = text[at];
    ++at;
  }
  out.commit(at);
  return at;
}

}  // namespace

void Buffer::grow(std::size_t size) {
  constexpr std::size_t kLeast = 1024;
  const std::size_t capacity = std::max({kLeast, 2 * capacity_, size_ + size});
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::copy_n(begin_.get(), size_, larger.get());
  begin_ = std::move(larger);
  capacity_ = capacity;
}

bool append_escaped(Buffer& out, std::string_view text) {
  bool faithful = true;
  while (true) {
    text.remove_prefix(copy_plain(out, text));
    if (text.empty()) return faithful;
    const auto byte = static_cast<std::uint8_t>(text[0]);
    std::size_t used = 1;
    if (byte < 0x80) {
      append_control(out, byte);
    } else {
      used = append_beyond_ascii(out, text);
    }
    faithful = faithful && used > 0;
    text.remove_prefix(std::max<std::size_t>(used, 1));
  }
}

void append_base64(Buffer& out, core::ByteView bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char* to = out.room((bytes.size() + 2) / 3 * 4);
  out.commit((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t there = bytes.size() - i;
    std::uint32_t bits = std::uint32_t{bytes[i]} << 16;
    if (there > 1) bits |= std::uint32_t{bytes[i + 1]} << 8;
    if (there > 2) bits |= bytes[i + 2];
    *to++ = kAlphabet[(bits >> 18) & 63];
    *to++ = kAlphabet[(bits >> 12) & 63];
    *to++ = there > 1 ? kAlphabet[(bits >> 6) & 63] : '=';
    *to++ = there > 2 ? kAlphabet[bits & 63] : '=';
  }
}

void append_number(Buffer& out, std::uint64_t value) {
  constexpr std::size_t kMost = 20;
  char* const to = out.room(kMost);
  out.commit(static_cast<std::size_t>(std::to_chars(to, to + kMost, value).ptr - to));
}

}  // namespace wxsec::json
