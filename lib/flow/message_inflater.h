// permessage-deflate (RFC 7692): the messages of a direction, deflated one after the other, each of
// which may refer back to the ones before it.
#pragma once

#include <zlib.h>

#include <functional>

#include "lib/core/bytes.h"

namespace wxsec::flow {

class MessageInflater {
 public:
  static constexpr std::size_t kMemory = 40 * 1024;  // about what zlib takes for one

  MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;
  ~MessageInflater();

  using Sink = std::function<void(core::ByteView)>;
  // The next bytes of a message; what they become goes to `sink`, piece by piece, and is added to
  // `made`. False if they make no sense or become more than `most` bytes: it has lost its place.
  bool feed(core::ByteView input, std::size_t most, std::size_t& made, const Sink& sink);
  // The same for what the sender leaves out at a message's end (RFC 7692 7.2.2).
  bool end_message(std::size_t most, std::size_t& made, const Sink& sink);
  // Forgets what was before.
  void begin_anew();

 private:
  z_stream stream_{};
  bool usable_ = false;
};

}  // namespace wxsec::flow
