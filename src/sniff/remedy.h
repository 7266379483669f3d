// What to do about a file that cannot be had.
#pragma once

#include <string_view>

#include "lib/core/result.h"

namespace wxsec::sniff {

inline constexpr std::string_view kNameReadable =
    "name a pcap or pcapng file, as 'wxsec sniff -i IFACE -w FILE' and tcpdump make them";
inline constexpr std::string_view kNameWritable =
    "name a file in a directory that is there and that you may write to";

// The same error, with something to do about it if nothing was said yet.
inline core::Failure with_remedy(core::Error error, std::string_view remedy) {
  if (error.hint.empty()) error.hint = remedy;
  return core::fail(std::move(error));
}

}  // namespace wxsec::sniff
