// TCP segments (RFC 9293 3.1).
#pragma once

#include <cstdint>

#include "lib/core/bytes.h"
#include "lib/flow/ip.h"

namespace wxsec::flow {

struct TcpSegment {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  core::ByteView payload;
  std::size_t missing = 0;  // payload bytes that the capture cut off
  // The payload is a few zeros in a packet of the least size that Ethernet carries. Some devices
  // count Ethernet's filling in the IP length, so that an acknowledgement seems to carry data.
  bool perhaps_padding = false;
  // One zero that is not pushed: data, or what Windows repeats of the last byte to keep a
  // connection alive, whatever that byte was (RFC 9293 3.8.4).
  bool perhaps_keep_alive = false;
};

// False if the header is cut or impossible.
bool parse_tcp(const IpPacket& packet, TcpSegment& out);

// a - b in sequence space: negative where a is before b, also across the wrap.
inline std::int32_t sequence_distance(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}

}  // namespace wxsec::flow
