// Who still has a certificate of the old authority during a roll-over.
#pragma once

#include <string>
#include <vector>

#include "src/revoke/rotate_run.h"

namespace wxsec::certs {

// Identities of this directory that another of its authorities signed. Those that were revoked stay
// with it, and are noted in the report: the new authority's lists begin empty, and a certificate of
// it would let them in again.
core::Result<std::vector<std::string>> left_behind(RotateRun& run);

// Living certificates of the old authority that no folder keeps: their holders have them as files,
// and nobody here can bring them new ones. Known by the ledger alone. Not those that were revoked,
// nor whose name was handed one of the new authority since.
core::Result<std::vector<HandedOut>> handed_out(const RotateRun& run);

}  // namespace wxsec::certs
