// Who issued whom: a heap of certificates put in the order in which a server shows them.
#pragma once

#include <vector>

#include "lib/pki/certificate.h"

namespace wxsec::pki {

// Whether `issuer`'s name, key identifier and key made `certificate`. RFC 5280 6.1.3 (a)(1), (4).
bool is_issued_by(const Certificate& certificate, const Certificate& issuer);

// `leaf`, its issuer, that one's issuer, and so on up to a self-issued certificate or to one whose
// issuer is not among `candidates`, kMaxChain at most. Of several that fit (cross-signed ones), the
// one that ends last is taken.
std::vector<Certificate> build_chain(const Certificate& leaf,
                                     const std::vector<Certificate>& candidates);
inline constexpr std::size_t kMaxChain = 10;

}  // namespace wxsec::pki
