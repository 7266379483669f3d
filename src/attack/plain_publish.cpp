// Publishes to a station's topic without TLS, as a stranger would. The payload is no valid reading
// (it only carries a canary), so that a network where this succeeds gets no false data from us.
//
//   no port takes MQTT in the clear, or only with a login that we do not have     held
//   let in, and the message was refused (PUBACK with a reason)                    held
//   the witness received it, or a PUBACK of MQTT 5 says that it was taken         broken
//   let in, but nobody can tell what became of the message                        inconclusive
//
// That a port speaks MQTT without TLS at all is what plain-mqtt finds.
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
  bool acknowledged = false;  // PUBACK of MQTT 5 with a reason below 0x80
  bool refused = false;       // PUBACK or DISCONNECT with a reason that says no
  bool witnessed = false;
};

// A subscription is granted to anybody; the access list filters at delivery.
constexpr const char* kNothing = "received nothing, which it may not be allowed to";

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
                                 : seen             ? kNothing
                                                    : seen.error().what));
}

Delivery deliver(const Session& session, const Door& door, std::vector<std::string>& evidence) {
  Delivery delivery;
  auto entered = enter(door, session);
  if (!entered) {
    evidence.push_back("second connection: " + entered.refusal.error.what);
    return delivery;
  }
  mqtt::RawClient& client = *entered.value->client;
  auto witness = Witness::call(session, door);
  const std::string canary = fresh_canary();
  const std::string topic = forged_topic(session);
  const auto sent = client.publish({topic, fmt::format("{{\"canary\":\"{}\"}}", canary),
                                    mqtt::Qos::at_least_once, mqtt::Retain::no});
  delivery.acknowledged = sent && entered.value->version == mqtt::Version::v5;
  delivery.refused = !sent && sent.refusal.reason;
  evidence.push_back(fmt::format(
      "PUBLISH {} at QoS 1: {}", topic,
      sent ? fmt::format("PUBACK 0x{:02x} ({})", sent.value->reason, sent.value->reason_text)
           : sent.refusal.error.what));
  ask_witness(witness, canary, evidence, delivery);
  client.disconnect();
  return delivery;
}

}  // namespace

report::Check plain_publish(const Session& session) {
  Doors doors = try_doors(session);
  const Door* const open = doors.open();
  if (open == nullptr) return conclude_shut(std::move(doors));
  const std::string where = net::to_string(open->endpoint);
  const Delivery delivery = deliver(session, *open, doors.check.evidence);
  doors.check.bytes = open->contact.answer;
  if (delivery.witnessed) {
    return broken(std::move(doors.check), report::id::kPlainPublish, where,
                  "a message published without TLS in a station's name was delivered");
  }
  if (delivery.acknowledged) {
    return broken(std::move(doors.check), report::id::kPlainPublish, where,
                  "the broker acknowledged a message published without TLS in a station's name");
  }
  if (delivery.refused) {
    return held(std::move(doors.check),
                "the broker let us in without TLS, but refused the message (see plain-mqtt)");
  }
  return inconclusive(std::move(doors.check),
                      "the broker let us in without TLS; whether it took the message is not known");
}

}  // namespace wxsec::attack
