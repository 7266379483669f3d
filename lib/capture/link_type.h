// libpcap's DLT_ numbers differ from the LINKTYPE_ numbers of files in a few values.
#pragma once

#include "lib/capture/packet.h"

namespace wxsec::capture {

inline int dlt_from_link_type(int type) { return type == link::kRaw ? link::kRawBsd : type; }
inline int link_type_from_dlt(int dlt) { return dlt == link::kRawBsd ? link::kRaw : dlt; }

}  // namespace wxsec::capture
