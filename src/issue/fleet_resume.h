// What an earlier run left of one identity, and what that means for this one. For fleet.cpp alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/name.h"
#include "src/certs/ledger.h"

namespace wxsec::certs {

enum class LeftBehind {
  nothing,   // to be made
  in_use,    // `current` is there, and so is its row in the ledger
  unlisted,  // `current` is there, its row is not: made without a ledger
  complete,  // signed, recorded and on the disk, but not yet in use
};

struct Found {
  LeftBehind what = LeftBehind::nothing;
  core::Path generation = {};                    // for unlisted and complete
  std::optional<LedgerRow> row = {};             // for unlisted: the one that is missing
  std::vector<pki::AlternativeName> names = {};  // for in_use and unlisted: of its certificate
};

// Where to look, and what counts.
struct Search {
  core::Path folder = {};
  std::string name = {};
  std::string issuer_key_id = {};  // the authority of today: what another one signed stays unused
  core::Instant now = {};
};

// Looks, and removes generations that were signed but neither recorded nor ever in use: their run
// was killed before anybody could have seen them. Fails as Ledger and where a certificate in use
// cannot be read.
core::Result<Found> look_for_left_overs(const Search& search, Ledger& ledger);

}  // namespace wxsec::certs
