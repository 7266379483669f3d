// Hand-made TCP packets (Ethernet, IPv4, no checksums) for tests and fuzzers of the flow engine.
#pragma once

#include <string>
#include <vector>

#include "lib/capture/packet.h"
#include "lib/wire/writer.h"

namespace wxsec::test {

struct Segment {
  bool from_client = true;
  std::uint32_t sequence = 0;  // counted from 0 at SYN
  std::string payload = {};
  std::string flags = "A";  // S, A, F, R; n: data that is not pushed
  std::uint32_t acknowledgement = 0;
  std::uint16_t client_port = 40000;
  std::uint16_t server_port = 1883;
};

inline core::Bytes ethernet(const Segment& segment, std::uint32_t base = 1000) {
  wire::Writer out;
  out.text(std::string(12, '\0'));
  out.u16(0x0800);
  out.u8(0x45);
  out.u8(0);
  out.u16(static_cast<std::uint16_t>(40 + segment.payload.size()));
  out.u32(0);
  out.u8(64);
  out.u8(6);
  out.u16(0);
  out.u32(segment.from_client ? 0x0A000001 : 0x0A000002);
  out.u32(segment.from_client ? 0x0A000002 : 0x0A000001);
  out.u16(segment.from_client ? segment.client_port : segment.server_port);
  out.u16(segment.from_client ? segment.server_port : segment.client_port);
  out.u32(base + segment.sequence);
  out.u32(base + segment.acknowledgement);
  out.u8(0x50);
  // Whoever sends data pushes it, unless told not to.
  const bool push = !segment.payload.empty() && segment.flags.find('n') == std::string::npos;
  unsigned flags = push ? 8U : 0U;
  for (const char c : segment.flags) flags |= c == 'F' ? 1U : c == 'S' ? 2U : c == 'R' ? 4U : 16U;
  out.u8(static_cast<std::uint8_t>(flags));
  out.u16(1024);
  out.u32(0);
  out.text(segment.payload);
  return out.take();
}

}  // namespace wxsec::test
