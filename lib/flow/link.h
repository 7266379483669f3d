// Off with the link layer.
#pragma once

#include "lib/capture/packet.h"

namespace wxsec::flow {

// The IP packet inside (version nibble 4 or 6, perhaps cut short), or nothing if there is none:
// Ethernet with VLAN tags, MPLS, PPPoE and LLC/SNAP, Linux SLL and SLL2, BSD loopback, raw IP.
core::ByteView strip_link(const capture::Packet& packet);

// Is that a link type which strip_link() can take off?
bool knows_link(int link_type);

}  // namespace wxsec::flow
