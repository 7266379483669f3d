// IPv4 and IPv6 headers, extension headers and tunnels included.
#pragma once

#include <cstdint>

#include "lib/core/bytes.h"
#include "lib/flow/endpoint.h"

namespace wxsec::flow {

struct IpPacket {
  Address source;
  Address destination;
  std::uint8_t protocol = 0;  // of the payload; 6 is TCP; of a fragment's, the first header in it
  core::ByteView payload;
  std::size_t missing = 0;  // bytes that the header promises after `payload` and the capture cut
  bool fragment = false;
  bool more_fragments = false;
  std::uint32_t fragment_id = 0;
  std::size_t fragment_offset = 0;
};

// False if it is no IP packet or its headers are cut. Checksums are not looked at: on the sending
// host they are often not yet computed. A total length of 0 (TSO) means "all there is".
bool parse_ip(core::ByteView bytes, IpPacket& out);

// The extension headers at the beginning of a payload that was put together from IPv6 fragments
// (RFC 8200 4.5). False as above, and where they say that it is a fragment again.
bool parse_reassembled_v6(IpPacket& packet);

}  // namespace wxsec::flow
