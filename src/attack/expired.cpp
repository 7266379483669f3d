#include <fmt/core.h>

#include "src/attack/admission.h"
#include "src/attack/all_attempts.h"
#include "src/attack/forge.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {

// What a station that was stolen last year still has: a certificate of the right CA whose end has
// passed.
report::Check expired(const Session& session) {
  const Target& target = session.target;
  const auto forged = expired_client(target.issuer, target.station_name, session.clock.now());
  const auto files =
      forged ? to_files(*forged) : core::Result<ForgedFiles>(core::fail(forged.error()));
  if (!files) return inconclusive(begin(*target.broker), files.error().what);
  return attempt_admission(
      session, files->identity,
      fmt::format("a client with CN={} whose certificate ended an hour ago", target.station_name),
      report::id::kExpiredClientCertificate);
}

}  // namespace wxsec::attack
