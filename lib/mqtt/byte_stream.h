// The seam under raw_client: bytes to and from a peer, over TCP, TLS, or a test's script.
#pragma once

#include <cstdint>
#include <span>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/result.h"

namespace wxsec::mqtt {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At least one byte, at most into.size(); 0 once the peer has closed in order. Fails: timeout,
  // refused (reset), tls (alert; the text names it).
  virtual core::Result<std::size_t> read(std::span<std::uint8_t> into,
                                         const core::Deadline& deadline) = 0;
  // All of it, or: timeout, refused (reset), tls.
  virtual core::Result<void> write(core::ByteView bytes, const core::Deadline& deadline) = 0;
};

}  // namespace wxsec::mqtt
