// Publishes to a station's topic without TLS, as a stranger would. The payload is no valid reading
// (it only carries a canary), so that a network where this succeeds gets no false data from us.
//
//   no port takes MQTT in the clear               held
//   a port does, but asks for a login             broken: the login is readable (WX-MQTT-003)
//   the message got through                       broken: anybody speaks for a station
//   (WX-MQTT-001) let in, but the access list stopped it        broken as well: the port is open
//   (WX-MQTT-003)
#include <fmt/core.h>

#include "src/attack/all_attempts.h"
#include "src/attack/door.h"
#include "src/attack/outcome.h"
#include "src/attack/witness.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {
namespace {

std::string forged_topic(const Session& session) {
  const std::optional<Login>& login = session.loot.login;
  return fmt::format("wx/{}/reading", login ? login->username : session.target.station_name);
}

struct Delivery {
  bool acknowledged = false;  // PUBACK with a reason below 0x80
  bool witnessed = false;
};

void ask_witness(core::Result<Witness>& witness, const std::string& canary,
                 std::vector<std::string>& evidence, Delivery& delivery) {
  if (!witness) {
    evidence.push_back("no independent witness: " + witness.error().what);
    return;
  }
  const auto seen = witness->received(canary);
  delivery.witnessed = seen && *seen;
  evidence.push_back(fmt::format("witness ({}): {}", witness->who(),
                                 delivery.witnessed ? "received " + canary
                                 : seen             ? "received nothing"
                                                    : seen.error().what));
}

Delivery deliver(const Session& session, const Door& door, std::vector<std::string>& evidence) {
  Delivery delivery;
  auto client = enter(door, session);
  if (!client) {
    evidence.push_back("second connection: " + client.refusal.error.what);
    return delivery;
  }
  auto witness = Witness::call(session, door);
  const std::string canary = fresh_canary();
  const std::string topic = forged_topic(session);
  const auto sent = (*client.value)
                        ->publish({topic, fmt::format("{{\"canary\":\"{}\"}}", canary),
                                   mqtt::Qos::at_least_once, mqtt::Retain::no});
  delivery.acknowledged = bool(sent);
  evidence.push_back(fmt::format(
      "PUBLISH {} at QoS 1: {}", topic,
      sent ? fmt::format("PUBACK 0x{:02x} ({})", sent.value->reason, sent.value->reason_text)
           : sent.refusal.error.what));
  ask_witness(witness, canary, evidence, delivery);
  (*client.value)->disconnect();
  return delivery;
}

}  // namespace

report::Check plain_publish(const Session& session) {
  Doors doors = try_doors(session);
  if (doors.decided) return std::move(doors.check);
  const std::string where = net::to_string(doors.open->endpoint);
  const Delivery delivery = deliver(session, *doors.open, doors.check.evidence);
  doors.check.bytes = doors.open->contact.answer;
  if (delivery.witnessed) {
    return broken(std::move(doors.check), report::id::kPlainPublish, where,
                  "a message published without TLS in a station's name was delivered");
  }
  if (delivery.acknowledged) {
    return broken(std::move(doors.check), report::id::kPlainPublish, where,
                  "the broker acknowledged a message published without TLS in a station's name");
  }
  return broken(std::move(doors.check), report::id::kPlainMqttServed, where,
                "the message was refused, but the broker talks to strangers without TLS");
}

}  // namespace wxsec::attack
