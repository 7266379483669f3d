// The seam under raw_client: bytes to and from a peer, over TCP, TLS, or a test's script.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/fd.h"
#include "lib/core/result.h"
#include "lib/tls/stream.h"

namespace wxsec::mqtt {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At least one byte, at most into.size(); 0 once the peer has closed in order. Fails: timeout,
  // io (reset), and as tls::Stream does.
  virtual core::Result<std::size_t> read(std::span<std::uint8_t> into,
                                         const core::Deadline& deadline) = 0;
  // All of it, or fails as read().
  virtual core::Result<void> write(core::ByteView bytes, const core::Deadline& deadline) = 0;
  // What TLS knows: of the last failure (cause none if it was not TLS's), and of the peer. Null
  // without TLS.
  virtual const tls::Failure* failure() const { return nullptr; }
  virtual const tls::Peer* peer() const { return nullptr; }
};

// Over a connected socket, and over a TLS stream.
std::unique_ptr<ByteStream> socket_stream(core::Fd socket);
std::unique_ptr<ByteStream> tls_stream(tls::Stream stream);
// At its end in both directions.
std::unique_ptr<ByteStream> closed_stream();

}  // namespace wxsec::mqtt
