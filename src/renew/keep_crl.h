// The revocation lists' part of a renewal.
#pragma once

#include <optional>

#include "src/renew/renew_run.h"

namespace wxsec::certs {

// Renews the lists that are due, and tells all services of them, or of those of an earlier run that
// not everybody heard of. Returns what went wrong: a list that could not be renewed, or not be
// noted, keeps nobody from being told.
std::optional<core::Error> keep_crl(RenewRun& run);

}  // namespace wxsec::certs
