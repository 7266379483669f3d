// The way back to an earlier generation.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::certs {

// Points `current` at the generation before it that was good and that ca.pem trusts (or at
// `generation`, "0003"), gives its key the access of the one that it leaves, and marks that.
// Returns the name of the generation now current. Fails: usage (an authority, or a generation that
// its service did not take, that expired by `now`, was revoked, or is of an authority that another
// one followed), not_found when there is none, crypto when its pair does not match, busy.
core::Result<std::string> rollback(const core::Path& dir, std::string_view name,
                                   std::string_view generation, core::Instant now);

}  // namespace wxsec::certs
