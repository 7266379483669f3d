// MQTT's Variable Byte Integer (MQTT 5.0 section 1.5.5, 3.1.1 section 2.2.3): seven bits a byte,
// least significant first, at most four bytes, so at most 268,435,455. Five bytes are never legal.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/wire/reader.h"
#include "lib/wire/writer.h"

namespace wxsec::wire {

inline constexpr std::uint32_t kMaxVarint = 268'435'455;

enum class VarintState { done, need_more, bad };

struct Varint {
  VarintState state = VarintState::need_more;
  std::uint32_t value = 0;
  std::size_t length = 0;  // bytes it took
};

// Looks at the front of a stream without consuming it: all four-byte values are accepted, padded
// ones ("80 00") too, since receivers must not trip over them; a fifth byte is bad.
inline Varint peek_varint(core::ByteView bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i >= bytes.size()) return {VarintState::need_more, 0, 0};
    value |= (bytes[i] & 0x7FU) << (7 * i);
    if ((bytes[i] & 0x80U) == 0) return {VarintState::done, value, i + 1};
  }
  return {VarintState::bad, 0, 0};
}

// The same inside a message that is whole: anything but `done` makes the reader fail.
inline std::uint32_t read_varint(Reader& in) {
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift <= 21; shift += 7) {
    const std::uint8_t byte = in.u8();
    value |= (byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return in.ok() ? value : 0;
  }
  in.fail();
  return 0;
}

// `value` must be at most kMaxVarint; the shortest form is written.
inline void write_varint(Writer& out, std::uint32_t value) {
  do {
    const auto low = static_cast<std::uint8_t>(value & 0x7FU);
    value >>= 7;
    out.u8(value == 0 ? low : static_cast<std::uint8_t>(low | 0x80U));
  } while (value != 0);
}

}  // namespace wxsec::wire
