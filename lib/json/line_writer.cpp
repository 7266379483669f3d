// Escaping in runs: plain bytes are copied together, and only what needs it is looked at closely.
#include "lib/json/line_writer.h"

#include <array>
#include <charconv>

namespace wxsec::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_code(std::string& out, std::uint32_t code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xF];
}

void append_control(std::string& out, std::uint8_t byte) {
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

std::size_t append_beyond_ascii(std::string& out, std::string_view text) {
  const Decoded one = decode(text);
  if (one.size == 0) {
    out += "\\ufffd";
    return 1;
  }
  if (harmful(one.code)) {
    append_code(out, one.code);
  } else {
    out += text.substr(0, one.size);
  }
  return one.size;
}

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t i = 0x20; i < 0x7F; ++i) plain[i] = i != '"' && i != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && kPlain[static_cast<std::uint8_t>(text[run])]) ++run;
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) return;
    const auto byte = static_cast<std::uint8_t>(text[0]);
    std::size_t used = 1;
    if (byte < 0x80) {
      append_control(out, byte);
    } else {
      used = append_beyond_ascii(out, text);
    }
    text.remove_prefix(used);
  }
}

void append_base64(std::string& out, core::ByteView bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t there = bytes.size() - i;
    std::uint32_t bits = std::uint32_t{bytes[i]} << 16;
    if (there > 1) bits |= std::uint32_t{bytes[i + 1]} << 8;
    if (there > 2) bits |= bytes[i + 2];
    out += kAlphabet[(bits >> 18) & 63];
    out += kAlphabet[(bits >> 12) & 63];
    out += there > 1 ? kAlphabet[(bits >> 6) & 63] : '=';
    out += there > 2 ? kAlphabet[bits & 63] : '=';
  }
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end);
}

}  // namespace wxsec::json
