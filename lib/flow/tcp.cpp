#include "lib/flow/tcp.h"

#include <algorithm>
#include <iterator>

#include "lib/wire/reader.h"

namespace wxsec::flow {

namespace {

// Ethernet fills packets up to 46 bytes, or 42 where a VLAN tag takes the other four; behind two
// headers of 20 bytes that is six zeros, or two.
constexpr std::size_t kLeastBehindIp[] = {46 - 20, 42 - 20};

bool may_be_padding(const IpPacket& packet, core::ByteView payload) {
  if (packet.source.size != 4) return false;
  const bool least = std::any_of(std::begin(kLeastBehindIp), std::end(kLeastBehindIp),
                                 [&](std::size_t size) { return packet.payload.size() == size; });
  return least &&
         std::all_of(payload.begin(), payload.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

bool parse_tcp(const IpPacket& packet, TcpSegment& out) {
  wire::Reader in(packet.payload);
  const auto fixed = in.header<20>();
  out.source_port = fixed.u16<0>();
  out.destination_port = fixed.u16<2>();
  out.sequence = fixed.u32<4>();
  out.acknowledgement = fixed.u32<8>();
  const std::size_t header = (fixed.u8<12>() >> 4) * std::size_t{4};
  const std::uint8_t flags = fixed.u8<13>();
  if (!in.ok() || header < 20) return false;
  // Options that were cut by the snap length: the payload begins somewhere in what is missing.
  const std::size_t options = header - 20;
  const std::size_t cut = options > in.left() ? options - in.left() : 0;
  if (cut > packet.missing) return false;
  in.skip(options - cut);
  out.fin = (flags & 0x01U) != 0;
  out.syn = (flags & 0x02U) != 0;
  out.rst = (flags & 0x04U) != 0;
  out.ack = (flags & 0x10U) != 0;
  out.payload = in.rest();
  out.missing = packet.missing - cut;
  const bool quiet = (flags & 0x3FU) == 0x10 && !out.payload.empty() && out.missing == 0;
  out.perhaps_keep_alive = quiet && out.payload.size() == 1 && out.payload[0] == 0;
  out.perhaps_padding = quiet && header == 20 && may_be_padding(packet, out.payload);
  return true;
}

}  // namespace wxsec::flow
