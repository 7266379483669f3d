// One run of a renewal from inside: what its parts (due, new pair, deployment) hand to each other.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/result.h"
#include "src/certs/authority.h"
#include "src/certs/layout.h"
#include "src/certs/revoked_here.h"
#include "src/look/examine.h"
#include "src/renew/renew.h"

namespace wxsec::certs {

// An identity that is looked at, and where its fate is told.
struct RenewJob {
  std::string name;
  core::Path folder;
  core::Path old_generation;
  pki::Certificate old;
  RenewItem* item = nullptr;
};

struct RenewRun {
  const RenewOptions& options;
  core::Instant now;
  std::stop_token stop;
  Layout layout;
  std::optional<Authority> authority;
  RenewReport report;
  RevokedHere revoked;
  std::optional<core::Result<std::unique_ptr<Judge>>> judge = {};  // of all new ones; if any is due
};

// The chosen identities, each judged and told in the report; those to be renewed are returned.
core::Result<std::vector<RenewJob>> collect_due(RenewRun& run);

// Whether it can be renewed here, as far as the files say: asks nobody, touches nothing.
core::Result<void> check_renewable(const RenewJob& job, const RenewRun& run);
// Where there is no private key: whether there never was one, for it answered a signing request.
bool holder_has_key(const core::Path& folder, const core::Path& generation);

// A certificate like the job's for a new key (or the kept one), signed by the directory's
// authority, which is loaded at the first one. Error `unsupported` where that is not the one to
// renew it.
core::Result<Pair> new_pair(const RenewJob& job, RenewRun& run);

// What to do for one that another authority renews, as a sentence with a command.
std::string where_renewed(const RenewJob& job, const RenewRun& run);

// Tells of the certificate that the identity has now: its end, and when it is due.
void note_current(RenewJob& job, const pki::Certificate& certificate, const RenewRun& run);
void note_failure(RenewJob& job, RenewState state, core::Error error);

}  // namespace wxsec::certs
