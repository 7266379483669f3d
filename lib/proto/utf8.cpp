// ASCII is the common case and is passed eight bytes at a time; the rest follows RFC 3629
// section 4.
#include "lib/proto/utf8.h"

#include <cstddef>
#include <cstdint>

#include "lib/core/bytes.h"
#include "lib/wire/reader.h"

namespace wxsec::proto {
namespace {

bool is_tail(std::uint8_t byte) { return (byte & 0xC0U) == 0x80U; }

// What the second byte may be after this first one: the rest are overlong or surrogates.
bool second_allowed(std::uint8_t first, std::uint8_t second) {
  if (first == 0xE0) return second >= 0xA0 && second <= 0xBF;
  if (first == 0xED) return second >= 0x80 && second <= 0x9F;
  if (first == 0xF0) return second >= 0x90 && second <= 0xBF;
  if (first == 0xF4) return second >= 0x80 && second <= 0x8F;
  return is_tail(second);
}

// Bytes after the first one; 0 where `first` cannot begin a character.
unsigned tails(std::uint8_t first) {
  if (first >= 0xC2 && first <= 0xDF) return 1;
  if (first >= 0xE0 && first <= 0xEF) return 2;
  if (first >= 0xF0 && first <= 0xF4) return 3;
  return 0;
}

// Eight bytes of ASCII without NUL: no high bit is set, and taking one from each byte sets none.
bool is_plain(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080;
  return ((word | (word - kOnes)) & kHighs) == 0;
}

void skip_plain(wire::Reader& in) {
  while (in.left() >= 8) {
    wire::Reader ahead = in;
    if (!is_plain(ahead.le_u64())) return;
    in = ahead;
  }
}

bool well_formed(std::string_view text, bool nul_allowed) {
  wire::Reader in(core::as_bytes(text));
  skip_plain(in);
  while (!in.empty()) {
    const std::uint8_t first = in.u8();
    if (first < 0x80) {
      if (first == 0 && !nul_allowed) return false;
      continue;
    }
    const unsigned count = tails(first);
    if (count == 0 || !second_allowed(first, in.u8())) return false;
    for (unsigned i = 1; i < count; ++i) {
      if (!is_tail(in.u8())) return false;
    }
  }
  return in.ok();
}

}  // namespace

bool is_mqtt_utf8(std::string_view text) { return well_formed(text, false); }
bool is_utf8(std::string_view text) { return well_formed(text, true); }

}  // namespace wxsec::proto
