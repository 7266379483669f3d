#include "lib/flow/tcp.h"

#include <algorithm>

#include "lib/wire/reader.h"

namespace wxsec::flow {

namespace {

// Ethernet fills short frames with zeros, at most six after two headers of 20 bytes. Some devices
// then count the filling in the IP length, and an acknowledgement without data seems to carry some:
// taken for data, it would push the true bytes, which come later, out of the stream.
bool is_padding(core::ByteView payload) {
  constexpr std::size_t kMostPadding = 46 - 40;
  return payload.size() <= kMostPadding &&
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
  if ((flags & 0x3FU) == 0x10 && out.missing == 0 && is_padding(out.payload)) out.payload = {};
  return true;
}

}  // namespace wxsec::flow
