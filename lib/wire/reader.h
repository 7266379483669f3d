// The cursor through which all untrusted bytes go. A read past the end gives zero or an empty span
// and makes the reader fail for good, so a decoder is written as if the bytes were there and asks
// ok() once per message, and before it acts on a value.
//
//     wire::Reader in(packet);
//     const std::uint16_t length = in.u16();
//     wire::Reader body = in.sub(length);   // nothing inside can see beyond `length`
//     ...
//     if (!in.ok() || !body.ok()) return malformed;
//
// Measured (g++ 12 -O2, MQTT PUBLISH of about 80 bytes): 1.03-1.15 of hand-written pointer code.
// Integers are big-endian, as in every protocol we read; the le_ forms are for capture files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/core/bytes.h"

namespace wxsec::wire {

// The fields of a header whose size is fixed. That its bytes are there was checked once, for all of
// them; that a field lies inside, the compiler checks.
//
//     const auto tcp = in.header<20>();
//     const std::uint16_t port = tcp.u16<0>();
template <std::size_t Size>
class Header {
 public:
  template <std::size_t At>
  std::uint8_t u8() const {
    static_assert(At < Size);
    return at_[At];
  }
  template <std::size_t At>
  std::uint16_t u16() const {
    return static_cast<std::uint16_t>((u8<At>() << 8) | u8<At + 1>());
  }
  template <std::size_t At>
  std::uint32_t u32() const {
    return (std::uint32_t{u8<At>()} << 24) | (std::uint32_t{u8<At + 1>()} << 16) |
           (std::uint32_t{u8<At + 2>()} << 8) | u8<At + 3>();
  }
  template <std::size_t At>
  std::uint32_t le_u32() const {
    return (std::uint32_t{u8<At + 3>()} << 24) | (std::uint32_t{u8<At + 2>()} << 16) |
           (std::uint32_t{u8<At + 1>()} << 8) | u8<At>();
  }

 private:
  friend class Reader;
  explicit Header(const std::uint8_t* at) : at_(at) {}
  const std::uint8_t* at_;
};

class Reader {
 public:
  Reader() = default;
  explicit Reader(core::ByteView bytes) : data_(bytes.data()), size_(bytes.size()) {}

  bool ok() const { return ok_; }
  // Bytes not read yet; 0 once failed.
  std::size_t left() const { return size_ - at_; }
  bool empty() const { return left() == 0; }
  // Bytes read so far, counted from the start of this reader's own view.
  std::size_t offset() const { return at_; }
  // Makes the reader fail, for a decoder that found the value itself impossible.
  void fail() {
    ok_ = false;
    at_ = size_;
  }

  std::uint8_t u8() { return take(1) ? data_[at_ - 1] : std::uint8_t{0}; }
  std::uint16_t u16() {
    if (!take(2)) return 0;
    return static_cast<std::uint16_t>((data_[at_ - 2] << 8) | data_[at_ - 1]);
  }
  std::uint32_t u24() { return static_cast<std::uint32_t>(big_endian(3)); }
  // Spelled out, here and below: the compiler makes one load of it, and of the loop it does not.
  std::uint32_t u32() {
    if (!take(4)) return 0;
    return (std::uint32_t{data_[at_ - 4]} << 24) | (std::uint32_t{data_[at_ - 3]} << 16) |
           (std::uint32_t{data_[at_ - 2]} << 8) | data_[at_ - 1];
  }
  std::uint64_t u64() { return big_endian(8); }
  std::uint16_t le_u16() { return static_cast<std::uint16_t>(little_endian(2)); }
  std::uint32_t le_u32() {
    if (!take(4)) return 0;
    return (std::uint32_t{data_[at_ - 1]} << 24) | (std::uint32_t{data_[at_ - 2]} << 16) |
           (std::uint32_t{data_[at_ - 3]} << 8) | data_[at_ - 4];
  }
  std::uint64_t le_u64() { return take(8) ? load_le64(data_ + at_ - 8) : 0; }
  // Four of them at once, for whoever works through a payload; all 0 if they are not there.
  std::array<std::uint64_t, 4> le_u64_four() {
    if (!take(32)) return {};
    const std::uint8_t* const p = data_ + at_ - 32;
    return {load_le64(p), load_le64(p + 8), load_le64(p + 16), load_le64(p + 24)};
  }

  // The next `Size` bytes as a header, valid as long as the input is; all zeros if they are not
  // there.
  template <std::size_t Size>
  Header<Size> header() {
    static_assert(Size <= kNothing.size());
    return Header<Size>(take(Size) ? data_ + at_ - Size : kNothing.data());
  }

  // The next byte without reading it; 0 and no failure at the end.
  std::uint8_t peek() const { return left() == 0 ? std::uint8_t{0} : data_[at_]; }

  // Views into the input, valid as long as it is.
  core::ByteView bytes(std::size_t count) {
    return take(count) ? core::ByteView(data_ + at_ - count, count) : core::ByteView{};
  }
  std::string_view text(std::size_t count) { return core::as_text(bytes(count)); }
  core::ByteView rest() { return bytes(left()); }
  void skip(std::size_t count) { take(count); }

  // A reader of the next `count` bytes; if they are not there, both fail.
  Reader sub(std::size_t count) {
    if (!take(count)) return failed();
    return Reader(core::ByteView(data_ + at_ - count, count));
  }

 private:
  static constexpr std::array<std::uint8_t, 64> kNothing{};
  static std::uint64_t load_le64(const std::uint8_t* p) {
    return std::uint64_t{p[0]} | (std::uint64_t{p[1]} << 8) | (std::uint64_t{p[2]} << 16) |
           (std::uint64_t{p[3]} << 24) | (std::uint64_t{p[4]} << 32) | (std::uint64_t{p[5]} << 40) |
           (std::uint64_t{p[6]} << 48) | (std::uint64_t{p[7]} << 56);
  }
  static Reader failed() {
    Reader reader;
    reader.ok_ = false;
    return reader;
  }
  bool take(std::size_t count) {
    if (count > size_ - at_) {
      fail();
      return false;
    }
    at_ += count;
    return ok_;
  }
  std::uint64_t big_endian(std::size_t count) {
    if (!take(count)) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = at_ - count; i < at_; ++i) value = (value << 8) | data_[i];
    return value;
  }
  std::uint64_t little_endian(std::size_t count) {
    if (!take(count)) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = at_; i > at_ - count; --i) value = (value << 8) | data_[i - 1];
    return value;
  }

  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace wxsec::wire
