#include <fmt/core.h>

#include "src/attack/admission.h"
#include "src/attack/all_attempts.h"
#include "src/attack/forge.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {

// Anybody can write CN=station-0001 into a certificate. Only the CA's signature makes it true.
report::Check wrong_ca(const Session& session) {
  const Target& target = session.target;
  const auto forged = client_of_another_ca(target.station_name, session.clock.now());
  const auto files =
      forged ? to_files(*forged) : core::Result<ForgedFiles>(core::fail(forged.error()));
  if (!files) return inconclusive(begin(*target.broker), files.error().what);
  return attempt_admission(
      session, files->identity,
      fmt::format("a client with CN={} from a CA of our own making", target.station_name),
      report::id::kForeignClientCa);
}

}  // namespace wxsec::attack
