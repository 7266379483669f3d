// Says CONNECT without TLS and waits for an answer in MQTT, whatever it is. "Not authorized" is an
// answer too: it means that the first honest client here shows its password to everybody on the
// way.
#include <fmt/core.h>

#include "src/attack/all_attempts.h"
#include "src/attack/door.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {

report::Check plain_mqtt(const Session& session) {
  Doors doors = try_doors(session);
  const Door* const door = doors.speaking();
  if (door == nullptr) return conclude_shut(std::move(doors));
  doors.check.bytes = door->contact.answer;
  const char* const and_then =
      door->wants_login()  ? "asks for a login, which everybody on the wire can read"
      : door->refused_by   ? "refused the connection for another reason than TLS"
      : session.loot.login ? "took the login, which everybody on the wire can read"
                           : "let a stranger in";
  return broken(
      std::move(doors.check), report::id::kPlainMqttServed, net::to_string(door->endpoint),
      fmt::format("port {} speaks MQTT without TLS, and {}", door->endpoint.port, and_then));
}

}  // namespace wxsec::attack
