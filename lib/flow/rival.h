// A handshake between the ports of a connection that has not ended: another connection's, or a
// stray one. See engine_reuse.cpp.
#pragma once

#include <cstdint>

#include "lib/core/bytes.h"

namespace wxsec::flow {

struct Rival {
  std::uint32_t next[2] = {0, 0};  // the number of the first byte, by its own Direction
  bool knows[2] = {false, false};  // which of them
  bool client_first = false;       // as Flow::client_first
  bool has_syn = false;            // the client's SYN was seen, not only the answer to it
  core::Bytes said;                // with SYN (RFC 7413)
  std::size_t missing = 0;         // and what the capture lacks of that
  std::int64_t first_ns = 0;
  std::uint64_t first_packet = 0;
  std::uint64_t syns = 0;

  std::size_t held() const { return sizeof(*this) + said.capacity(); }
};

}  // namespace wxsec::flow
