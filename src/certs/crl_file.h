// DIR/crl.pem: the issuing authority's list, and behind it the root's.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/crl.h"
#include "lib/pki/issue.h"

namespace wxsec::certs {

// How long a list is good. Mosquitto refuses everybody once its list is out of date, so this is as
// long as a server certificate lives; every renewal renews the list with it.
inline constexpr std::chrono::days kCrlLifetime{90};

core::Result<pki::Crl> fresh_crl(const pki::Issuer& issuer,
                                 const std::vector<pki::Revoked>& revoked, std::uint64_t number,
                                 core::Instant now);

core::Result<void> write_crl_file(const core::Path& path, const std::vector<pki::Crl>& lists);
core::Result<std::vector<pki::Crl>> read_crl_file(const core::Path& path);

// Signs the issuing authority's list again with what it held and `more`, number plus one, and keeps
// the other lists. Makes the file where there is none.
core::Result<void> renew_crl_file(const core::Path& path, const pki::Issuer& issuer,
                                  const std::vector<pki::Revoked>& more, core::Instant now);

}  // namespace wxsec::certs
