#include "src/attack/all_attempts.h"
#include "src/attack/impostor.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {

// Right name, wrong signature: what everybody on the path between station and broker can set up.
report::Check mitm(const Session& session) {
  const Target& target = session.target;
  const auto forged = server_of_another_ca(target.broker->host, session.clock.now());
  if (!forged) return inconclusive(begin(*target.broker), forged.error().what);
  return attempt_to_play_broker(session, *forged, "a relay with a certificate of another CA",
                                report::id::kManInTheMiddle);
}

}  // namespace wxsec::attack
