// One captured packet, as a view.
#pragma once

#include <cstdint>

#include "lib/core/bytes.h"

namespace wxsec::capture {

// Values of the LINKTYPE_ registry (https://www.tcpdump.org/linktypes.html) that we read.
namespace link {
inline constexpr int kNull = 0;  // BSD loopback, the capturing host's byte order
inline constexpr int kEthernet = 1;
inline constexpr int kPpp = 9;
inline constexpr int kRawBsd = 12;  // DLT_RAW of most systems, seen in old files
inline constexpr int kRawOpenBsd = 14;
inline constexpr int kPppHdlc = 50;
inline constexpr int kPppEther = 51;
inline constexpr int kRaw = 101;
inline constexpr int kLoop = 108;  // OpenBSD loopback, network byte order
inline constexpr int kLinuxSll = 113;
inline constexpr int kIpv4 = 228;
inline constexpr int kIpv6 = 229;
inline constexpr int kLinuxSll2 = 276;
}  // namespace link

struct Packet {
  core::ByteView bytes;             // what was captured; valid until the source's next call
  std::uint32_t original_size = 0;  // on the wire; more than bytes.size() where it was cut
  std::int64_t time_ns = 0;         // since 1970-01-01 UTC
  std::uint64_t number = 0;         // from 1, in the order of the capture
  int link_type = link::kEthernet;
};

}  // namespace wxsec::capture
