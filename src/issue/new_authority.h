// A root and the issuing authority below it, as `init` makes the first and a roll-over the next.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"
#include "lib/pki/issue.h"
#include "lib/pki/key.h"
#include "src/certs/generation.h"
#include "src/certs/key_access.h"

namespace wxsec::certs {

// The spec of an authority: named after its first domain, its role ("root CA") and a piece of its
// key's hash, so that two authorities for one domain are never taken for each other.
pki::CertificateSpec authority_spec(std::string_view role, const pki::NameConstraints& constraints,
                                    const pki::Key& key);

// How an authority's pair is kept: the key encrypted where there is a passphrase. Fails with
// crypto.
core::Result<Pair> authority_pair(const pki::Certificate& certificate, const pki::Key& key,
                                  const core::Secret& passphrase);
// Nobody but the owner looks into an authority's folder.
inline constexpr Access kAuthorityAccess{0600, std::nullopt, 0700};

struct NewAuthority {
  pki::Key root_key;
  pki::Certificate root;
  pki::Key issuing_key;
  pki::Certificate issuing;
};

// The authority that follows `root` and `issuing`: new keys of the same kind, same constraints and
// lifetimes.
core::Result<NewAuthority> next_authority(const pki::Certificate& root,
                                          const pki::Certificate& issuing, core::Instant now);

}  // namespace wxsec::certs
