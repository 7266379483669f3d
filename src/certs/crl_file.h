// DIR/crl.pem: a revocation list of every authority that is trusted.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/crl.h"
#include "lib/pki/issue.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// How long a list is good. Mosquitto refuses everybody once its list is out of date, so this is as
// long as a server certificate lives; every renewal renews the list with it.
inline constexpr std::chrono::days kCrlLifetime{90};

core::Result<pki::Crl> fresh_crl(const pki::Issuer& issuer,
                                 const std::vector<pki::Revoked>& revoked, std::uint64_t number,
                                 core::Instant now);

core::Result<void> write_crl_file(const core::Path& path, const std::vector<pki::Crl>& lists);
core::Result<std::vector<pki::Crl>> read_crl_file(const core::Path& path);

// Signs `issuer`'s list again with what it held and `more`, number plus one, in its place, and
// keeps the other lists. Makes the file where there is none.
core::Result<void> renew_crl_file(const core::Path& path, const pki::Issuer& issuer,
                                  const std::vector<pki::Revoked>& more, core::Instant now);

// Whether `list` was signed by `authority`.
bool is_by(const pki::Crl& list, const pki::Certificate& authority);

// The issuing authorities whose certificates count: the current one, and those of other generations
// whose list is in DIR/crl.pem (during a roll-over), oldest first. Fails: not_found (a key is not
// here), crypto (passphrase).
core::Result<std::vector<pki::Issuer>> listed_issuers(const Layout& layout,
                                                      const core::Secret& passphrase);

// Whether a list of an issuing authority has used up two thirds of its time, and a new one could
// last longer. The root's lists are not looked at: its key may be far away.
core::Result<bool> is_crl_due(const Layout& layout, core::Instant now);

// Signs the lists of all listed issuers anew with what they hold.
core::Result<void> refresh_crl_file(const Layout& layout, const core::Secret& passphrase,
                                    core::Instant now);

}  // namespace wxsec::certs
