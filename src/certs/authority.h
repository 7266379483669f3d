// The directory's own authority, ready to sign, and what it may sign for.
#pragma once

#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/issue.h"
#include "src/certs/generation.h"
#include "src/certs/layout.h"
#include "src/certs/profile.h"

namespace wxsec::certs {

struct Authority {
  pki::Certificate root;
  pki::Issuer issuer;
  const pki::Certificate& issuing() const { return issuer.certificate(); }
};

// An authority's key. Fails as pki::Key::load(), with hints that fit: how to give the passphrase,
// and that the key may be somewhere else.
core::Result<pki::Key> load_authority_key(const core::Path& path,
                                          const core::Passphrase& passphrase);

// What to do where a key that signs was moved away, or lost: one sentence with the command.
std::string lost_key_hint(const Layout& layout);

// The issuing authority of a directory. Fails: not_found (no init yet, or its key was moved away),
// crypto (passphrase), malformed.
core::Result<Authority> load_authority(const Layout& layout, const core::Passphrase& passphrase);

// First DNS domain that it may sign for, localhost apart; "" if it is not constrained.
std::string domain_of(const pki::Certificate& issuing);

// Names of an identity that were not given: NAME.DOMAIN, for stations NAME.stations.DOMAIN, for
// servers also localhost, the loopback addresses, and single addresses that the authority is
// constrained to.
std::vector<pki::AlternativeName> default_names(std::string_view name, const Profile& profile,
                                                const pki::Certificate& issuing);

// Whether its constraints permit `name`. Beyond RFC 5280 4.2.1.10, which leaves a kind of name free
// that is not constrained, the host in an email address or URI counts as a DNS name or address; a
// URI without one (urn:) claims none.
bool may_sign_for(const pki::Certificate& issuing, const pki::AlternativeName& name);

// Fails with usage where its constraints do not permit one of `names`, naming it.
core::Result<void> check_permitted(const std::vector<pki::AlternativeName>& names,
                                   const pki::Certificate& issuing);

struct LeafRequest {
  std::string name;  // the identity; its common name, too, but see leaf_spec()
  Profile profile;   // with key, lifetime and fault as wanted
  std::vector<pki::AlternativeName> names;
  core::Instant now;
  const pki::Key* key = nullptr;  // an existing key to be certified again; none: a new one
};

// The spec of a leaf: begins a little before `now` for the sake of other clocks, ends after the
// profile's lifetime but never after its issuer. The profile's fault is built in. Its alternative
// names are the request's, no more. Its common name is the request's name, or its default DNS name
// where it has none and a verifier would take the common name for one that is not permitted.
pki::CertificateSpec leaf_spec(const LeafRequest& request, const pki::Certificate& issuing);

// The certificate alone, for `key` (request.key is not looked at) and without the faults that take
// another issuer. Fails as make_leaf().
core::Result<pki::Certificate> certify(const LeafRequest& request, const pki::Issuer& issuer,
                                       const pki::Key& key);

// Key, certificate and chain of a leaf. Fails with usage when a name is not permitted, naming it.
core::Result<Pair> make_leaf(const LeafRequest& request, const Authority& authority);

}  // namespace wxsec::certs
