#include <fmt/core.h>

#include "src/attack/all_attempts.h"
#include "src/attack/impostor.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {

// Right signature, wrong name: what anybody can do who got hold of one server's key of this CA.
// Paho does not look at the name unless it is told to.
report::Check wrong_name(const Session& session) {
  const Target& target = session.target;
  std::string name;
  const auto forged = server_for_another_name(target.issuer, session.clock.now(), name);
  if (!forged) return inconclusive(begin(*target.broker), forged.error().what);
  return attempt_to_play_broker(session, *forged,
                                fmt::format("a relay with the CA's own certificate for {}", name),
                                report::id::kWrongNameAccepted);
}

}  // namespace wxsec::attack
