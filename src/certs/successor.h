// The certificate that follows another one: for the same names, purpose, kind of key and lifetime;
// and its line in the ledger.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/certs/authority.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// The kind of key that it has; P-256 for kinds that we do not make.
pki::KeyType key_type_of(const pki::Certificate& certificate);

// The profile is what the old certificate says, so that a renewal never changes what it is for; its
// lifetime is `life`.
LeafRequest successor_of(const pki::Certificate& old, std::chrono::milliseconds life,
                         core::Instant now);

// How long the next certificate of the identity `name` lives: as long as `old`. Where that one's
// end was cut to that of its `issuer`, it does not tell; then as long as the last one of that name
// in the ledger that was not cut, or else as the profile says that the name had there last: that of
// the directory, or the built-in one.
std::chrono::milliseconds lifetime_after(const pki::Certificate& old, std::string_view name,
                                         const pki::Certificate& issuer, const Layout& layout);

struct Succeeded {
  std::string name = {};       // the identity
  core::Path generation = {};  // on the disk, not yet in use
  pki::Certificate certificate = {};
};

// The profile by which an identity was made, for commands that make it again: by the ledger, else
// the built-in one of its place and its certificate's purpose.
std::string profile_name_of(const Layout& layout, std::string_view name);

// Records them in the ledger, each under the profile that its name had there last, or else under
// the built-in one of its purpose. Fails as Ledger.
core::Result<void> record_successors(const Layout& layout, std::span<const Succeeded> made,
                                     core::Instant now);

// Fails with usage where the identity of that name is of this directory's own authority: what
// others issue does not replace it by the way.
core::Result<void> check_not_ours(const Layout& layout, std::string_view name);

// The authority of this directory, of today or of an earlier generation, that issued it.
std::optional<pki::Certificate> issuer_of(const pki::Certificate& certificate,
                                          const Layout& layout);
inline bool is_ours(const pki::Certificate& certificate, const Layout& layout) {
  return issuer_of(certificate, layout).has_value();
}

}  // namespace wxsec::certs
