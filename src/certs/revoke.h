// Taking trust back: the revocation list, and who is on it.
#pragma once

#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/crl.h"

namespace wxsec::certs {

struct RevokeOptions {
  core::Path dir = "certs";
  std::string name = {};  // identity; all its generations that are still valid are revoked
  pki::RevocationReason reason = pki::RevocationReason::unspecified;
  core::Secret ca_passphrase = {};
};

struct RevokeReport {
  std::vector<std::string> serials = {};  // revoked now
  std::size_t already = 0;                // were on the list
  std::size_t total = 0;                  // on the list now
  core::Instant next_update = {};
};

// Adds an identity's certificates to DIR/crl.pem and signs it anew. The files stay: a broker
// refuses them as soon as it has read the list. Fails: usage, not_found, crypto (passphrase), io,
// busy.
core::Result<RevokeReport> revoke(const RevokeOptions& options, const core::Clock& clock);

// Signs the list anew with what it holds, for a further 90 days.
core::Result<RevokeReport> refresh_list(const core::Path& dir, const core::Secret& ca_passphrase,
                                        const core::Clock& clock);

}  // namespace wxsec::certs
