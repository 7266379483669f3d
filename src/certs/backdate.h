// How far back what we sign begins to be valid: a device whose clock is ten minutes slow must take
// a certificate, an authority and a revocation list of just now.
#pragma once

#include <chrono>

namespace wxsec::certs {

inline constexpr std::chrono::minutes kBackdate{12};

}  // namespace wxsec::certs
