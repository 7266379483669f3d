#include "lib/flow/message_inflater.h"

#include <algorithm>
#include <array>

namespace wxsec::flow {

MessageInflater::MessageInflater() : usable_(inflateInit2(&stream_, -15) == Z_OK) {}

MessageInflater::~MessageInflater() {
  if (usable_) inflateEnd(&stream_);
}

void MessageInflater::begin_anew() {
  if (usable_) inflateReset(&stream_);
}

bool MessageInflater::feed(core::ByteView input, std::size_t most, std::size_t& made,
                           const Sink& sink) {
  std::array<std::uint8_t, 16 * 1024> out;  // NOLINT: filled by zlib
  stream_.next_in = const_cast<Bytef*>(input.data());
  stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), 1U << 30));
  std::size_t here = 0;
  while (usable_ && here < most) {
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(std::min(out.size(), most - here));
    const std::size_t room = stream_.avail_out;
    const int state = inflate(&stream_, Z_SYNC_FLUSH);
    const std::size_t got = room - stream_.avail_out;
    here += got;
    made += got;
    if (got > 0) sink(core::ByteView(out).first(got));
    if (state == Z_STREAM_END) inflateReset(&stream_);
    if (state == Z_BUF_ERROR) return true;  // everything is out
    if (state != Z_OK && state != Z_STREAM_END) return false;
    if (stream_.avail_in == 0 && stream_.avail_out != 0) return true;
  }
  return false;
}

bool MessageInflater::end_message(std::size_t most, std::size_t& made, const Sink& sink) {
  constexpr std::array<std::uint8_t, 4> kTail = {0x00, 0x00, 0xFF, 0xFF};
  return feed(kTail, most, made, sink);
}

}  // namespace wxsec::flow
