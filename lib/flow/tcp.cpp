#include "lib/flow/tcp.h"

#include "lib/wire/reader.h"

namespace wxsec::flow {

bool parse_tcp(const IpPacket& packet, TcpSegment& out) {
  wire::Reader in(packet.payload);
  out.source_port = in.u16();
  out.destination_port = in.u16();
  out.sequence = in.u32();
  out.acknowledgement = in.u32();
  const std::size_t header = (in.u8() >> 4) * std::size_t{4};
  const std::uint8_t flags = in.u8();
  in.skip(6);
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
  return true;
}

}  // namespace wxsec::flow
