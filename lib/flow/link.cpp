// Every link type puts something before the IP packet that says "this is IP": an EtherType, a
// protocol family, or nothing at all. Tags (VLAN, MPLS, PPPoE) put themselves in between.
#include "lib/flow/link.h"

#include <algorithm>
#include <iterator>

#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

constexpr int kMaxTags = 16;

bool is_ip(core::ByteView bytes) {
  const unsigned version = bytes.empty() ? 0 : bytes[0] >> 4;
  return version == 4 || version == 6;
}

core::ByteView checked(core::ByteView bytes) { return is_ip(bytes) ? bytes : core::ByteView{}; }

// RFC 1661 with RFC 2516's numbers; the protocol field may be compressed to one byte.
core::ByteView strip_ppp(wire::Reader in) {
  std::uint16_t protocol = in.u8();
  if ((protocol & 1U) == 0) protocol = static_cast<std::uint16_t>((protocol << 8) | in.u8());
  return protocol == 0x0021 || protocol == 0x0057 ? checked(in.rest()) : core::ByteView{};
}

core::ByteView strip_mpls(wire::Reader in) {
  for (int depth = 0; depth < kMaxTags && in.ok(); ++depth) {
    const bool bottom = (in.u32() & 0x100U) != 0;
    if (bottom) return checked(in.rest());
  }
  return {};
}

// RFC 1042: where Ethernet's type is a length (IEEE 802.3), LLC and SNAP hold the type. 0 if not.
std::uint16_t snap_type(wire::Reader& in) {
  constexpr std::uint32_t kSnap = 0xAAAA03;
  constexpr std::uint32_t kEthernetTypes[] = {0x000000, 0x0000F8};  // the latter by bridges
  if (in.u24() != kSnap) return 0;
  const std::uint32_t organisation = in.u24();
  const std::uint16_t type = in.u16();
  return std::find(std::begin(kEthernetTypes), std::end(kEthernetTypes), organisation) !=
                 std::end(kEthernetTypes)
             ? type
             : std::uint16_t{0};
}

core::ByteView strip_ethertype(std::uint16_t type, wire::Reader in) {
  constexpr std::uint16_t kLongest = 1500;  // above, it is a type
  for (int depth = 0; depth < kMaxTags && in.ok(); ++depth) {
    if (type <= kLongest) type = snap_type(in);
    switch (type) {
      case 0x0800:
      case 0x86DD: return checked(in.rest());
      case 0x8100:  // 802.1Q
      case 0x88A8:  // 802.1ad
      case 0x9100:
      case 0x9200:
        in.skip(2);
        type = in.u16();
        break;
      case 0x8847:
      case 0x8848: return strip_mpls(in);
      case 0x8864: in.skip(6); return strip_ppp(in);
      default: return {};
    }
  }
  return {};
}

core::ByteView strip_hdlc_ppp(wire::Reader in) {
  if (in.peek() == 0xFF) in.skip(2);  // address and control field, RFC 1662
  return strip_ppp(in);
}

}  // namespace

core::ByteView strip_link(const capture::Packet& packet) {
  wire::Reader in(packet.bytes);
  switch (packet.link_type) {
    case capture::link::kEthernet: {
      const std::uint16_t type = in.header<14>().u16<12>();
      return strip_ethertype(type, in);
    }
    case capture::link::kNull:
    case capture::link::kLoop:
      // The family's number differs between systems and byte orders; the nibble does not.
      in.skip(4);
      return checked(in.rest());
    case capture::link::kLinuxSll: {
      in.skip(14);
      const std::uint16_t type = in.u16();
      return strip_ethertype(type, in);
    }
    case capture::link::kLinuxSll2: {
      const std::uint16_t type = in.u16();
      in.skip(18);
      return strip_ethertype(type, in);
    }
    case capture::link::kPpp:
    case capture::link::kPppHdlc: return strip_hdlc_ppp(in);
    case capture::link::kPppEther: in.skip(6); return strip_ppp(in);
    case capture::link::kRaw:
    case capture::link::kRawBsd:
    case capture::link::kRawOpenBsd:
    case capture::link::kIpv4:
    case capture::link::kIpv6: return checked(in.rest());
    default: return {};
  }
}

bool knows_link(int link_type) {
  namespace link = capture::link;
  constexpr int kKnown[] = {link::kEthernet,  link::kNull,   link::kLoop,       link::kLinuxSll,
                            link::kLinuxSll2, link::kPpp,    link::kPppHdlc,    link::kPppEther,
                            link::kRaw,       link::kRawBsd, link::kRawOpenBsd, link::kIpv4,
                            link::kIpv6};
  return std::find(std::begin(kKnown), std::end(kKnown), link_type) != std::end(kKnown);
}

}  // namespace wxsec::flow
