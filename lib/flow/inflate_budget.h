// A few bytes may claim to be gigabytes, each message anew: what undoing compression may make
// altogether grows with what was captured, for each flow and for all of them.
#pragma once

#include <algorithm>

#include "lib/flow/dissector.h"

namespace wxsec::flow {

inline constexpr std::uint64_t kInflatedPerByte = 32;  // text shrinks to a tenth, rarely a 30th
inline constexpr std::uint64_t kInflatedByFlow = std::uint64_t{16} << 20;  // anyway
inline constexpr std::uint64_t kInflatedByAll = std::uint64_t{64} << 20;

// So many bytes more may be made now by a decoder that has made `spent`.
inline std::size_t may_inflate(const Scene& scene, std::uint64_t spent) {
  const std::uint64_t own = scene.facts->bytes[0] + scene.facts->bytes[1];
  const std::uint64_t flow = kInflatedByFlow + kInflatedPerByte * own;
  const std::uint64_t all = kInflatedByAll + kInflatedPerByte * scene.captured;
  return static_cast<std::size_t>(
      std::min(flow - std::min(flow, spent), all - std::min(all, scene.scratch->inflated)));
}

inline void count_inflated(Scene& scene, std::uint64_t& spent, std::size_t made) {
  spent += made;
  scene.scratch->inflated += made;
}

}  // namespace wxsec::flow
