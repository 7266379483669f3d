// Reads DER (X.690 chapter 10): tag, length, content, with every length in its one shortest form.
// On top of wire::Reader, so what is not there is a failure that stays. For lib/pki alone.
#pragma once

#include "lib/pki/der.h"
#include "lib/wire/reader.h"

namespace wxsec::pki {

struct DerValue {
  std::uint8_t tag = 0;
  core::ByteView content;
  core::ByteView whole;  // with tag and length
};

class DerReader {
 public:
  explicit DerReader(core::ByteView bytes) : bytes_(bytes), in_(bytes) {}

  bool ok() const { return in_.ok(); }
  bool empty() const { return in_.empty(); }
  // ok() and nothing left over: what a decoder asks at the end of each constructed value.
  bool finished() const { return in_.ok() && in_.empty(); }
  std::uint8_t next_tag() const { return in_.peek(); }
  void fail() { in_.fail(); }

  // The next value whatever its tag. Tags above 30 and lengths of 2^24 and more fail.
  DerValue any() {
    const std::size_t start = in_.offset();
    DerValue value;
    value.tag = in_.u8();
    if ((value.tag & 0x1FU) == 0x1F) in_.fail();
    value.content = in_.bytes(length());
    if (in_.ok()) value.whole = bytes_.subspan(start, in_.offset() - start);
    return value;
  }
  // The next value, which must have this tag.
  DerValue get(std::uint8_t tag) {
    const DerValue value = any();
    if (value.tag != tag) in_.fail();
    return in_.ok() ? value : DerValue{};
  }
  DerReader open(std::uint8_t tag) {
    const DerValue value = get(tag);
    DerReader inner(value.content);
    if (!in_.ok()) inner.fail();
    return inner;
  }

 private:
  std::size_t length() {
    const std::uint8_t first = in_.u8();
    if (first < 0x80) return first;
    std::size_t size = 0;
    std::size_t least = 0x80;
    switch (first) {
      case 0x81: size = in_.u8(); break;
      case 0x82: size = in_.u16(), least = 0x100; break;
      case 0x83: size = in_.u24(), least = 0x10000; break;
      default: in_.fail();
    }
    if (size < least) in_.fail();
    return size;
  }

  core::ByteView bytes_;
  wire::Reader in_;
};

}  // namespace wxsec::pki
