// Whether services know of a new authority is not believed but seen: a client of it knocks.
#pragma once

#include <string_view>

#include "src/certs/authority.h"
#include "src/revoke/admission.h"
#include "src/revoke/rotate_run.h"

namespace wxsec::certs {

// Whom the certificates of those are for that knock. The ledger knows them.
inline constexpr std::string_view kProbeName = "wxsec-roll-over-probe";

// Every service with a URL must treat a client of `authority` as `wanted`; `which` is "new" or
// "old", for people.
core::Result<void> prove(RotateRun& run, const Authority& authority, std::string_view which,
                         Admission wanted);
// The same for one of the old authority; where its key is not here nobody can knock, and the report
// says so.
core::Result<void> prove_old(RotateRun& run, Admission wanted);
core::Result<void> tell_services(const RotateRun& run);
// All services are told of ca.pem with both authorities, and prove that they trust both.
core::Result<void> tell_of_both(RotateRun& run);

}  // namespace wxsec::certs
