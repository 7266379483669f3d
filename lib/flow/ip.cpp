// IP headers say who, to whom, what is inside, and how long it is; the link layer may have padded
// the packet, so the length counts, not what was captured.
#include "lib/flow/ip.h"

#include <algorithm>

#include "lib/wire/reader.h"

namespace wxsec::flow {
namespace {

constexpr int kMaxExtensions = 16;

Address address_v6(wire::Reader& in) {
  const std::uint64_t first = in.le_u64();
  return {{first, in.le_u64()}, 16};
}

void take_payload(wire::Reader& in, std::size_t promised, IpPacket& out) {
  const std::size_t there = std::min(promised, in.left());
  out.payload = in.bytes(there);
  out.missing = promised - there;
}

// RFC 791 3.1.
bool parse_v4(core::ByteView bytes, IpPacket& out) {
  wire::Reader in(bytes);
  const auto fixed = in.header<20>();
  const std::size_t header = (fixed.u8<0>() & 0x0FU) * std::size_t{4};
  std::size_t total = fixed.u16<2>();
  out.fragment_id = fixed.u16<4>();
  const std::uint16_t fragment = fixed.u16<6>();
  out.protocol = fixed.u8<9>();
  out.source = {{fixed.le_u32<12>(), 0}, 4};
  out.destination = {{fixed.le_u32<16>(), 0}, 4};
  if (total == 0) total = bytes.size();
  if (header < 20 || total < header) return false;
  in.skip(header - 20);
  if (!in.ok()) return false;
  take_payload(in, total - header, out);
  out.more_fragments = (fragment & 0x2000U) != 0;
  out.fragment_offset = (fragment & 0x1FFFU) * std::size_t{8};
  out.fragment = out.more_fragments || out.fragment_offset != 0;
  return true;
}

// RFC 8200 4: hop-by-hop, routing, destination options, RFC 4302's authentication header.
bool is_extension(std::uint8_t type) {
  return type == 0 || type == 43 || type == 60 || type == 51 || type == 135;
}

bool skip_extensions(wire::Reader& in, std::size_t& promised, IpPacket& out) {
  for (int count = 0; count < kMaxExtensions; ++count) {
    const std::size_t before = in.offset();
    const std::uint8_t type = out.protocol;
    if (type == 44) {  // fragment header
      out.protocol = in.u8();
      in.skip(1);
      const std::uint16_t fields = in.u16();
      out.fragment_id = in.u32();
      out.more_fragments = (fields & 1U) != 0;
      out.fragment_offset = fields & 0xFFF8U;
      out.fragment = out.more_fragments || out.fragment_offset != 0;
    } else if (is_extension(type)) {
      out.protocol = in.u8();
      const std::size_t length = in.u8();
      in.skip(type == 51 ? length * 4 + 6 : length * 8 + 6);
    } else {
      return in.ok();
    }
    const std::size_t used = in.offset() - before;
    if (!in.ok() || used > promised) return false;
    promised -= used;
    if (out.fragment) return true;  // further headers are in the fragmentable part: RFC 8200 4.5
  }
  return false;
}

bool parse_v6(core::ByteView bytes, IpPacket& out) {
  wire::Reader in(bytes);
  in.skip(4);
  std::size_t promised = in.u16();
  out.protocol = in.u8();
  in.skip(1);
  out.source = address_v6(in);
  out.destination = address_v6(in);
  if (!in.ok()) return false;
  if (promised == 0) promised = in.left();  // TSO, or a jumbogram
  if (!skip_extensions(in, promised, out)) return false;
  take_payload(in, promised, out);
  return true;
}

}  // namespace

bool parse_reassembled_v6(IpPacket& packet) {
  wire::Reader in(packet.payload);
  std::size_t promised = packet.payload.size();
  if (!skip_extensions(in, promised, packet) || packet.fragment) return false;
  take_payload(in, promised, packet);
  return true;
}

bool parse_ip(core::ByteView bytes, IpPacket& out) {
  out.fragment = out.more_fragments = false;
  out.fragment_offset = 0;
  out.missing = 0;
  const unsigned version = bytes.empty() ? 0 : bytes[0] >> 4;
  if (version == 4) return parse_v4(bytes, out);
  return version == 6 && parse_v6(bytes, out);
}

}  // namespace wxsec::flow
