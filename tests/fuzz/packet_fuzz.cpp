// First byte: the link type; the rest: one packet, through link, IP, fragments, tunnels and TCP.
#include <array>
#include <cstdlib>

#include "lib/flow/engine.h"
#include "lib/flow/link.h"
#include "lib/flow/tcp.h"

using namespace wxsec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<int, 7> kLinkTypes = {0, 1, 12, 101, 108, 113, 276};
  if (size < 1) return 0;
  capture::Packet packet;
  packet.link_type = kLinkTypes[data[0] % kLinkTypes.size()];
  packet.bytes = core::ByteView(data + 1, size - 1);
  packet.original_size = static_cast<std::uint32_t>(size - 1);
  flow::EngineLimits limits;
  limits.max_flows = 8;  // tables for thousands of flows cost more than the packet
  limits.max_remembered = 32 * 1024;
  flow::Engine engine(limits, [](const flow::Event&) {});
  for (std::uint64_t number = 1; number <= 3; ++number) {  // also as its own retransmission
    packet.number = number;
    packet.time_ns = static_cast<std::int64_t>(number) * 1'000'000'000;
    engine.take(packet);
  }
  engine.finish();
  if (engine.counters().packets != 3) std::abort();
  return 0;
}
