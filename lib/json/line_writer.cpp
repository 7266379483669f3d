// Escaping. Short texts rarely need any: they are written down eight bytes at a time, and where one
// of the eight should not have been, the output goes on from its place.
//
// Long ones are JSON more often than not, with a quote every few bytes, and nobody can foresee
// where: a processor that guesses "none in these eight" is wrong half of the time, which costs more
// than the copying. So of 64 bytes at once one word says which are special, bit by bit, and what is
// between two of them is copied without looking.
#include "lib/json/line_writer.h"

#include <array>
#include <bit>
#include <charconv>

namespace wxsec::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// The put_ functions write at `to`, where room for kSlack characters is, and return the end.
constexpr std::size_t kLongest = 6;  // "\u001f"
constexpr std::size_t kSlack = 8;

char* put(char* to, std::string_view text) { return std::copy_n(text.data(), text.size(), to); }

char* put_code(char* to, std::uint32_t code) {
  to = put(to, "\\u");
  for (int shift = 12; shift >= 0; shift -= 4) *to++ = kHex[(code >> shift) & 0xF];
  return to;
}

// What a byte becomes that is no part of a longer character: of random bytes nobody can foresee
// which, so that all are written in the same way.
struct Escape {
  std::array<char, kSlack - 1> text{};
  std::uint8_t size = 0;

  constexpr void operator=(std::string_view from) {
    std::copy(from.begin(), from.end(), text.begin());
    size = static_cast<std::uint8_t>(from.size());
  }
};

constexpr std::array<Escape, 256> make_escapes() {
  std::array<Escape, 256> out{};
  for (std::size_t byte = 0; byte < 0x80; ++byte) {
    const std::array<char, kLongest> code = {
        '\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 0xF]};
    out[byte] = std::string_view(code.data(), code.size());
  }
  for (std::size_t byte = 0x80; byte < out.size(); ++byte) out[byte] = "\\ufffd";
  out['"'] = "\\\"";
  out['\\'] = "\\\\";
  out['\n'] = "\\n";
  out['\r'] = "\\r";
  out['\t'] = "\\t";
  return out;
}
constexpr std::array<Escape, 256> kEscapes = make_escapes();

char* put_escape(char* to, std::uint8_t byte) {
  const Escape& escape = kEscapes[byte];
  std::copy_n(escape.text.data(), escape.text.size(), to);
  return to + escape.size;
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
         (code >= 0x2066 && code <= 0x206F) || code == 0x061C || code == 0xFEFF ||
         (code >= 0xFFF9 && code <= 0xFFFB);
}

// Can a character of several bytes begin with it?
bool may_lead(std::uint8_t byte) { return byte >= 0xC2; }

// Writes `text`'s first character, which is not plain; `used` is set to its bytes.
char* put_special(char* to, std::string_view text, std::size_t& used, bool& faithful) {
  const auto byte = static_cast<std::uint8_t>(text[0]);
  const Decoded one = may_lead(byte) ? decode(text) : Decoded{};
  if (one.size == 0) {
    faithful = faithful && byte < 0x80;
    used = 1;
    return put_escape(to, byte);
  }
  used = one.size;
  return harmful(one.code) ? put_code(to, one.code) : put(to, text.substr(0, one.size));
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

// Copies the plain beginning of `text` to `to`, where room for all of it is; returns its length.
std::size_t copy_plain(std::string_view text, char* to) {
  std::size_t at = 0;
  while (at + 8 <= text.size()) {
    const std::uint64_t word = load(text.data() + at);
    store(word, to + at);
    const unsigned plain = plain_bytes(word);
    at += plain;
    if (plain < 8) return at;
  }
  while (at < text.size() && is_plain(text[at])) {
    to[at] = text[at];
    ++at;
  }
  return at;
}

constexpr std::size_t kBlock = 64;
constexpr std::size_t kCopied = 16;                // at once, needed or not
constexpr std::size_t kPadded = kBlock + kCopied;  // so much must be readable

// Bit i is set where bytes[i] is not plain. The loop has no branch, so that the compiler makes
// sixteen comparisons at once of it; the multiplication gathers eight bytes of 0 or 1 into eight
// bits.
std::uint64_t specials(const char* bytes) {
  std::array<char, kBlock> marks{};
  for (std::size_t i = 0; i < kBlock; ++i) {
    const char c = bytes[i];
    const auto sign = static_cast<signed char>(c);  // negative beyond ASCII
    marks[i] = static_cast<char>((sign < 0x20) | (c == 0x7F) | (c == '"') | (c == '\\'));
  }
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kBlock; i += 8)
    bits |= (load(marks.data() + i) * 0x0102'0408'1020'4080 >> 56) << i;
  return bits;
}

// Copies in pieces of kCopied, so perhaps some more than `size`.
char* copy_generously(const char* from, std::size_t size, char* to) {
  std::copy_n(from, kCopied, to);
  for (std::size_t at = kCopied; at < size; at += kCopied) std::copy_n(from + at, kCopied, to + at);
  return to + size;
}

// The first `size` of kBlock bytes, escaped; `text` begins with them, and kPadded bytes are there
// to be read at `bytes`. Returns how many bytes of `text` were used: more than `size` where a
// character goes on behind them.
std::size_t append_block(Buffer& out, const char* bytes, std::size_t size, std::string_view text,
                         bool& faithful) {
  std::uint64_t left = specials(bytes);
  if (size < kBlock) left &= (std::uint64_t{1} << size) - 1;
  char* const begin = out.room(kLongest * kBlock + std::max(kCopied, kSlack));
  char* to = begin;
  std::size_t at = 0;
  while (left != 0 && at < size) {
    const auto next = static_cast<std::size_t>(std::countr_zero(left));
    left &= left - 1;
    to = copy_generously(bytes + at, next - at, to);
    at = next;
    const auto byte = static_cast<std::uint8_t>(bytes[next]);
    if (!may_lead(byte)) {
      faithful &= byte < 0x80;
      to = put_escape(to, byte);
      ++at;
      continue;
    }
    std::size_t used = 0;
    to = put_special(to, text.substr(at), used, faithful);
    at += used;
    if (at < size) left &= ~std::uint64_t{0} << at;
  }
  if (at < size) to = copy_generously(bytes + at, size - at, to);
  out.commit(static_cast<std::size_t>(to - begin));
  return std::max(at, size);
}

// Copies the end of a text to where more can be read.
std::size_t append_last(Buffer& out, std::string_view text, bool& faithful) {
  std::array<char, kPadded + kBlock> padded{};
  std::copy(text.begin(), text.end(), padded.begin());
  return append_block(out, padded.data(), std::min(text.size(), kBlock), text, faithful);
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
  constexpr std::size_t kShort = 32;
  bool faithful = true;
  while (text.size() >= kPadded)
    text.remove_prefix(append_block(out, text.data(), kBlock, text, faithful));
  while (text.size() >= kShort) text.remove_prefix(append_last(out, text, faithful));
  char* const begin = out.room(kLongest * kShort + kSlack);
  char* to = begin;
  while (true) {
    const std::size_t plain = copy_plain(text, to);
    to += plain;
    text.remove_prefix(plain);
    if (text.empty()) break;
    std::size_t used = 0;
    to = put_special(to, text, used, faithful);
    text.remove_prefix(used);
  }
  out.commit(static_cast<std::size_t>(to - begin));
  return faithful;
}

void append_base64(Buffer& out, core::ByteView bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char* const letters = kAlphabet.data();
  char* to = out.room((bytes.size() + 2) / 3 * 4);
  out.commit((bytes.size() + 2) / 3 * 4);
  const auto put_four = [&](std::uint32_t bits) {
    *to++ = letters[(bits >> 18) & 63];
    *to++ = letters[(bits >> 12) & 63];
    *to++ = letters[(bits >> 6) & 63];
    *to++ = letters[bits & 63];
  };
  while (bytes.size() >= 3) {
    const core::ByteView three = bytes.first<3>();
    put_four((std::uint32_t{three[0]} << 16) | (std::uint32_t{three[1]} << 8) | three[2]);
    bytes = bytes.subspan(3);
  }
  if (bytes.empty()) return;
  put_four((std::uint32_t{bytes[0]} << 16) | (bytes.size() > 1 ? std::uint32_t{bytes[1]} << 8 : 0));
  *(to - 1) = '=';
  if (bytes.size() == 1) *(to - 2) = '=';
}

void append_number(Buffer& out, std::uint64_t value) {
  constexpr std::size_t kMost = 20;
  char* const to = out.room(kMost);
  out.commit(static_cast<std::size_t>(std::to_chars(to, to + kMost, value).ptr - to));
}

}  // namespace wxsec::json
