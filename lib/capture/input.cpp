// A sliding window over the file: what was consumed is moved out when more is needed, so the buffer
// holds one packet and what was read ahead, 256 KiB for ordinary captures.
#include "lib/capture/input.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace wxsec::capture {
namespace {

constexpr std::size_t kReadAhead = 256 * 1024;

}  // namespace

// zlib's inflater and the compressed bytes that wait for it.
struct Input::Gzip {
  z_stream stream{};
  std::array<std::uint8_t, 64 * 1024> in{};
  bool ended = false;

  Gzip() { inflateInit2(&stream, 15 + 16); }  // 16: a gzip header, not zlib's
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() { inflateEnd(&stream); }
};

Input::Input(core::Fd fd) : fd_(std::move(fd)) {}
Input::Input(core::ByteView memory) : memory_(memory), filled_(memory.size()), end_(true) {}
Input::Input(Input&&) noexcept = default;
Input& Input::operator=(Input&&) noexcept = default;
Input::~Input() = default;

core::Result<std::size_t> Input::read_plain(std::uint8_t* to, std::size_t room) {
  while (true) {
    const ssize_t got = ::read(fd_.get(), to, room);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR)
      return core::fail(core::Code::io,
                        std::string("cannot read the capture: ") + std::strerror(errno));
  }
}

// RFC 1952 2.2: a file may hold several members, one after the other, as 'cat a.gz b.gz' makes it.
// What else stands behind one (filling on tapes) is left alone, as gzip does.
core::Result<bool> Input::next_member() {
  z_stream& z = gzip_->stream;
  if (z.avail_in < 2) {
    std::copy_n(z.next_in, z.avail_in, gzip_->in.begin());
    while (z.avail_in < 2) {
      const std::size_t got =
          WXSEC_TRY(read_plain(gzip_->in.data() + z.avail_in, gzip_->in.size() - z.avail_in));
      if (got == 0) return false;
      z.avail_in += static_cast<uInt>(got);
    }
    z.next_in = gzip_->in.data();
  }
  return z.next_in[0] == 0x1F && z.next_in[1] == 0x8B && inflateReset(&z) == Z_OK;
}

core::Result<std::size_t> Input::read_some(std::uint8_t* to, std::size_t room) {
  if (!gzip_) return read_plain(to, room);
  z_stream& z = gzip_->stream;
  z.next_out = to;
  z.avail_out = static_cast<uInt>(std::min<std::size_t>(room, 1U << 30));
  const uInt asked = z.avail_out;
  while (z.avail_out == asked && !gzip_->ended) {
    if (z.avail_in == 0) {
      z.avail_in = static_cast<uInt>(WXSEC_TRY(read_plain(gzip_->in.data(), gzip_->in.size())));
      z.next_in = gzip_->in.data();
      if (z.avail_in == 0) break;  // cut off: what was there counts
    }
    const int state = inflate(&z, Z_NO_FLUSH);
    if (state == Z_STREAM_END) {
      gzip_->ended = !WXSEC_TRY(next_member());
    } else if (state != Z_OK && state != Z_BUF_ERROR) {
      return core::fail(core::Code::malformed, "the gzip data of the capture is broken");
    }
  }
  return static_cast<std::size_t>(asked - z.avail_out);
}

// RFC 1952 2.3.1: 1f 8b. What was read to find out becomes the inflater's first input.
core::Result<void> Input::detect_gzip() {
  started_ = true;
  if (filled_ < 2 || buffer_[0] != 0x1F || buffer_[1] != 0x8B) return {};
  gzip_ = std::make_unique<Gzip>();
  filled_ = std::min(filled_, gzip_->in.size());
  std::copy_n(buffer_.begin(), filled_, gzip_->in.begin());
  gzip_->stream.next_in = gzip_->in.data();
  gzip_->stream.avail_in = static_cast<uInt>(filled_);
  filled_ = 0;
  return {};
}

core::Result<core::ByteView> Input::refill(std::size_t count) {
  if (!fd_) return view().subspan(at_, filled_ - at_);
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(at_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  base_ += at_;
  filled_ -= at_;
  at_ = 0;
  if (buffer_.size() < std::max(count, kReadAhead)) buffer_.resize(std::max(count, kReadAhead));
  while (filled_ < count && !end_) {
    const std::size_t room = started_ ? buffer_.size() - filled_ : 64 * 1024;
    const std::size_t got = WXSEC_TRY(read_some(buffer_.data() + filled_, room));
    filled_ += got;
    if (!started_ && (filled_ >= 2 || got == 0)) {
      WXSEC_TRY(detect_gzip());
      if (gzip_) continue;
    }
    end_ = got == 0;
  }
  return core::ByteView(buffer_).first(std::min(count, filled_));
}

}  // namespace wxsec::capture
