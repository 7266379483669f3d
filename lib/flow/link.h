// Off with the link layer.
#pragma once

#include "lib/capture/packet.h"

namespace wxsec::flow {

// The IP packet inside (version nibble 4 or 6, perhaps cut short), or nothing if there is none:
// Ethernet with VLAN tags, MPLS and PPPoE, Linux SLL and SLL2, BSD loopback, raw IP.
core::ByteView strip_link(const capture::Packet& packet);

}  // namespace wxsec::flow
