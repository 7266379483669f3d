// Bytes of a capture file in pieces of the size that the reader asks for: from a descriptor,
// through gzip where the file is compressed, or from memory. Memory stays bounded whatever the
// file's size.
#pragma once

#include <cstddef>
#include <memory>

#include "lib/core/bytes.h"
#include "lib/core/fd.h"
#include "lib/core/result.h"

namespace wxsec::capture {

class Input {
 public:
  explicit Input(core::Fd fd);
  explicit Input(core::ByteView memory);
  Input(Input&&) noexcept;
  Input& operator=(Input&&) noexcept;
  ~Input();

  // The next `count` bytes without consuming them, or fewer at the end. Valid until the next call.
  // Fails: io; malformed (broken gzip).
  core::Result<core::ByteView> peek(std::size_t count) {
    if (filled_ - at_ >= count) return view().subspan(at_, count);
    return refill(count);
  }
  // All that is there without reading on; older views stay valid.
  core::ByteView held() const { return view().subspan(at_, filled_ - at_); }
  // At most held().
  void advance(std::size_t count) { at_ += count; }
  std::uint64_t offset() const { return base_ + at_; }

 private:
  struct Gzip;
  core::ByteView view() const { return fd_ ? core::ByteView(buffer_) : memory_; }
  core::Result<core::ByteView> refill(std::size_t count);
  core::Result<std::size_t> read_some(std::uint8_t* to, std::size_t room);
  core::Result<std::size_t> read_plain(std::uint8_t* to, std::size_t room);
  core::Result<void> detect_gzip();
  core::Result<bool> next_member();

  core::Fd fd_;
  core::ByteView memory_;
  core::Bytes buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t base_ = 0;
  bool started_ = false;
  bool end_ = false;
  std::unique_ptr<Gzip> gzip_;
};

}  // namespace wxsec::capture
