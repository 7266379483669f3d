// What a stream that no decoder claims looks like: text, a compressed container, SSH, noise, or
// nothing that can be told.
#pragma once

#include <array>
#include <cstdint>

#include "lib/core/bytes.h"
#include "lib/flow/event.h"

namespace wxsec::flow {

// By its first bytes alone: plaintext, compressed or unknown.
Verdict judge_unknown(core::ByteView sample);

// By its first 8 KiB, in the pieces in which they come.
class Looks {
 public:
  // `from_beginning`: the first piece is what the stream began with. Only then may noise be called
  // encrypted, for the middle of compressed data is noise, too.
  explicit Looks(bool from_beginning) : from_beginning_(from_beginning) {}

  void add(core::ByteView piece);
  // Bytes were lost here.
  void lose() { ssh_ = Ssh::no; }
  // More pieces will change nothing.
  bool settled() const;
  Verdict verdict() const;

 private:
  enum class Ssh : std::uint8_t { unasked, no, banner, header, body, last_body, encrypted };

  void follow_ssh(core::ByteView piece);
  void ssh_byte(std::uint8_t byte);
  void ssh_header();
  bool begins_as_noise() const;
  bool noise() const;

  std::array<std::uint16_t, 256> seen_{};     // of the pieces that are no text
  std::array<std::uint8_t, 64> beginning_{};  // of the same
  std::uint32_t binary_ = 0;
  std::uint32_t text_ = 0;
  std::uint32_t ssh_left_ = 0;  // bytes of the line or packet that is being passed
  std::array<std::uint8_t, 6> ssh_header_{};
  std::uint8_t ssh_header_size_ = 0;
  Ssh ssh_ = Ssh::unasked;
  bool from_beginning_;
  bool ssh_packets_ = false;
  bool compressed_ = false;
  Verdict first_ = Verdict::unknown;
};

}  // namespace wxsec::flow
