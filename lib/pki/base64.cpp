#include <array>
#include <cstdint>

#include "lib/pki/pem.h"

namespace wxsec::pki {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNoDigit;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

// Three bytes make four digits; the last one or two bytes are padded with zero bits.
void append_digits(std::string& out, core::ByteView bytes, std::string_view alphabet) {
  std::size_t i = 0;
  std::size_t at = out.size();
  out.resize(at + (bytes.size() * 4 + 2) / 3);
  const auto digit = [&](std::uint32_t word, unsigned shift) {
    out[at++] = alphabet[(word >> shift) & 0x3FU];
  };
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t word = std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 |
                               std::uint32_t{bytes[i + 2]};
    for (const unsigned shift : {18U, 12U, 6U, 0U}) digit(word, shift);
  }
  if (i == bytes.size()) return;
  const bool two = i + 2 == bytes.size();
  const std::uint32_t word =
      std::uint32_t{bytes[i]} << 16 | (two ? std::uint32_t{bytes[i + 1]} << 8 : 0U);
  digit(word, 18);
  digit(word, 12);
  if (two) digit(word, 6);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string encode_base64(core::ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  append_digits(out, bytes, kAlphabet);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::string encode_base64url(core::ByteView bytes) {
  std::string out;
  append_digits(out, bytes, kUrlAlphabet);
  return out;
}

core::Result<core::Bytes> decode_base64(std::string_view text) {
  core::Bytes out(text.size() / 4 * 3 + 3);
  std::uint32_t word = 0;
  std::size_t size = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNoDigit) {
      if (is_space(c)) continue;
      if (c != '=') return core::fail(core::Code::malformed, "bad base64");
      ++padding;
      continue;
    }
    if (padding > 0) return core::fail(core::Code::malformed, "bad base64");
    word = word << 6 | value;
    if (++digits % 4 != 0) continue;
    out[size++] = static_cast<std::uint8_t>(word >> 16 & 0xFFU);
    out[size++] = static_cast<std::uint8_t>(word >> 8 & 0xFFU);
    out[size++] = static_cast<std::uint8_t>(word & 0xFFU);
  }
  const std::size_t rest = digits % 4;
  if (rest == 1 || padding != (4 - rest) % 4)
    return core::fail(core::Code::malformed, "base64 ends in the middle of a byte");
  if (rest >= 2) out[size++] = static_cast<std::uint8_t>(word >> (rest == 2 ? 4 : 10) & 0xFFU);
  if (rest == 3) out[size++] = static_cast<std::uint8_t>(word >> 2 & 0xFFU);
  out.resize(size);
  return out;
}

core::Result<core::Bytes> decode_base64url(std::string_view text) {
  std::string usual(text);
  for (char& c : usual) {
    if (kUrlAlphabet.find(c) == std::string_view::npos)
      return core::fail(core::Code::malformed, "bad base64url");
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  usual.append((4 - usual.size() % 4) % 4, '=');
  core::Bytes bytes = WXSEC_TRY(decode_base64(usual));
  if (encode_base64url(bytes) != text)
    return core::fail(core::Code::malformed, "base64url with left-over bits");
  return bytes;
}

}  // namespace wxsec::pki
