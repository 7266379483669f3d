// Writes DER, the one-way-only encoding of ASN.1 in which certificates are signed (X.690): every
// value is a tag byte, a length, and the content. A constructed value holds further ones.
//
//     DerWriter out;
//     const auto sequence = out.open(kSequence);
//     out.integer(2);
//     out.close(sequence);            // fills in the length, moving the content if it needs room
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"

namespace wxsec::pki {

inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kObjectId = 0x06;
inline constexpr std::uint8_t kEnumerated = 0x0A;
inline constexpr std::uint8_t kUtf8String = 0x0C;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
// [n], primitive and constructed.
constexpr std::uint8_t context(unsigned n) { return static_cast<std::uint8_t>(0x80U | n); }
constexpr std::uint8_t context_constructed(unsigned n) {
  return static_cast<std::uint8_t>(0xA0U | n);
}

class DerWriter {
 public:
  // A place to give to close(); values nest like brackets.
  using Mark = std::size_t;
  Mark open(std::uint8_t tag);
  void close(Mark mark);

  void value(std::uint8_t tag, core::ByteView content);
  void value(std::uint8_t tag, std::string_view content) { value(tag, core::as_bytes(content)); }
  // Content bytes of an object identifier, as constants beside their dotted form.
  void object_id(std::initializer_list<std::uint8_t> encoded);
  void integer(std::uint64_t number);
  // Big-endian without sign; a zero byte is put before a set top bit.
  void unsigned_integer(core::ByteView big_endian);
  void boolean_true() { value(kBoolean, core::ByteView(kTrue)); }
  // Whole seconds; UTCTime up to 2049, GeneralizedTime after it (RFC 5280 4.1.2.5).
  void time(core::Instant at);
  // Already encoded.
  void raw(core::ByteView encoded) { out_.insert(out_.end(), encoded.begin(), encoded.end()); }
  // Content bytes of an open primitive value.
  void byte(std::uint8_t value) { out_.push_back(value); }

  const core::Bytes& view() const { return out_; }
  core::Bytes take() { return std::move(out_); }
  void clear() { out_.clear(); }
  void reserve(std::size_t bytes) { out_.reserve(bytes); }

 private:
  static constexpr std::uint8_t kTrue[1] = {0xFF};
  core::Bytes out_;
};

}  // namespace wxsec::pki
