// DIR/ca.pem and DIR/crl.pem during a roll-over: an authority joins, another one leaves.
#pragma once

#include "lib/core/clock.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "src/certs/authority.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// The authority of these generations ("0001"). Fails: not_found, crypto (passphrase), malformed.
core::Result<Authority> load_generation(const Layout& layout, const std::string& root,
                                        const std::string& issuing,
                                        const core::Passphrase& passphrase);

// Fails with unsupported where one of the two files is a link, see check_not_linked(). Asked before
// a roll-over changes anything.
core::Result<void> check_trust_files(const Layout& layout);

// Adds an authority's root and first lists to both files; what is there stays as it is, so doing it
// twice changes nothing. A directory without crl.pem keeps being without.
core::Result<void> join_trust(const Layout& layout, const Authority& authority,
                              const pki::Issuer* root_signer, core::Instant now);

// Takes out the root and all lists of an authority, and nothing else.
core::Result<void> leave_trust(const Layout& layout, const pki::Certificate& root,
                               const pki::Certificate& issuing);

}  // namespace wxsec::certs
