// Appends big-endian fields to a byte vector: the encoder's half of every codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "lib/core/bytes.h"

namespace wxsec::wire {

class Writer {
 public:
  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { big_endian(value, 2); }
  void u24(std::uint32_t value) { big_endian(value, 3); }
  void u32(std::uint32_t value) { big_endian(value, 4); }
  void u64(std::uint64_t value) { big_endian(value, 8); }
  // Not vector::insert: gcc 12 inlines it into false alarms of -Warray-bounds at -O3.
  void bytes(core::ByteView value) {
    const std::size_t at = out_.size();
    out_.resize(at + value.size());
    if (!value.empty()) std::memcpy(out_.data() + at, value.data(), value.size());
  }
  void text(std::string_view value) { bytes(core::as_bytes(value)); }

  std::size_t size() const { return out_.size(); }
  const core::Bytes& view() const { return out_; }
  core::Bytes take() { return std::move(out_); }

  // Leaves room for a length of `width` bytes (1-4) and returns its place; close_length() fills in
  // how many bytes have followed it. A length that does not fit is cut to its low bytes, so the
  // caller bounds what it writes between the two.
  std::size_t open_length(std::size_t width) {
    const std::size_t place = out_.size();
    out_.insert(out_.end(), width, 0);
    return place;
  }
  void close_length(std::size_t place, std::size_t width) {
    std::size_t length = out_.size() - place - width;
    for (std::size_t i = width; i > 0; --i) {
      out_[place + i - 1] = static_cast<std::uint8_t>(length & 0xFF);
      length >>= 8;
    }
  }

 private:
  void big_endian(std::uint64_t value, std::size_t count) {
    for (std::size_t i = count; i > 0; --i) {
      out_.push_back(static_cast<std::uint8_t>((value >> (8 * (i - 1))) & 0xFF));
    }
  }

  core::Bytes out_;
};

}  // namespace wxsec::wire
