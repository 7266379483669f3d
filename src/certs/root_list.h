// The revocation list of a root in DIR/crl.pem.
//
// Its key may be far away, so it is signed once and nobody renews it: it lasts as long as the
// issuing authority that it is about. One that ends sooner ends everything: who checks the whole
// chain refuses all from then on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"
#include "lib/pki/issue.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// How a root signs its list: it ends with `issuing`, which is below it. Fails as issue_crl().
core::Result<pki::Crl> sign_root_list(const pki::Issuer& root,
                                      const std::vector<pki::Revoked>& revoked,
                                      std::uint64_t number, core::Instant from,
                                      const pki::Certificate& issuing);

// ends_early: still good, but it ends before the authority that it is about.
enum class RootListState { good, ends_early, ran_out, missing };

struct RootList {
  pki::Certificate root = {};
  pki::Certificate issuing = {};  // of those below it the one that ends last
  core::Path key = {};            // of the root; it may be away
  RootListState state = RootListState::missing;
  std::optional<core::Instant> until = {};  // of the list that is there
};

// The roots of this directory that DIR/ca.pem trusts and that have an authority below them which is
// valid or signs today, each with how it stands in `lists`. Fails where ca.pem cannot be read.
core::Result<std::vector<RootList>> root_lists(const Layout& layout,
                                               const std::vector<pki::Crl>& lists,
                                               core::Instant now);

// What is wrong with one that is missing or ran out, with the consequence; "" of others.
std::string root_list_trouble(const Layout& layout, const RootList& list);

// How to get one that goes on: one sentence with the command, and where the key belongs if it is
// away.
std::string root_list_hint(const Layout& layout, const RootList& list);

}  // namespace wxsec::certs
