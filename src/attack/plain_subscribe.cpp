// Subscribes to everything without TLS. A granted subscription proves nothing, brokers grant it and
// filter at delivery; a message that arrives proves it. So the witness sends a canary, and if no
// witness may speak we listen for what real stations send.
#include <fmt/core.h>

#include <algorithm>

#include "src/attack/all_attempts.h"
#include "src/attack/door.h"
#include "src/attack/outcome.h"
#include "src/attack/witness.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {
namespace {

constexpr std::size_t kMaxQuoted = 120;

std::string quote(const mqtt::Message& message) {
  return fmt::format("received on {}: {}", message.topic, message.payload.substr(0, kMaxQuoted));
}

struct Hearing {
  std::optional<mqtt::Message> message;
  bool refused = false;  // the broker denied the subscription
  bool sent = false;     // something was certainly there to be heard
};

// The canary, or whatever else the fence brings.
void hear_canary(const Session& session, const Door& door, mqtt::RawClient& client,
                 std::vector<std::string>& evidence, Hearing& hearing) {
  auto witness = Witness::call(session, door);
  if (!witness) {
    evidence.push_back("no canary: " + witness.error().what);
    return;
  }
  const auto sent = witness->send(fresh_canary());
  hearing.sent = sent && witness->acknowledges_honestly();
  evidence.push_back(fmt::format("canary sent by {}: {}", witness->who(),
                                 sent ? "acknowledged" : sent.error().what));
  auto heard = client.fence();
  if (heard && !heard.value->empty()) hearing.message = std::move(heard.value->front().message);
}

// Waits for honest traffic, in short steps so that a stop is noticed.
std::optional<mqtt::Message> hear_traffic(const Session& session, mqtt::RawClient& client) {
  const core::Deadline deadline = core::Deadline::in(session.target.listen_for);
  constexpr std::chrono::milliseconds kStep{100};
  while (!deadline.passed() && !session.stop.stop_requested()) {
    auto heard = client.next(std::min(kStep, deadline.left()));
    if (heard) return std::move(heard.value->message);
    if (heard.refusal.error.code != core::Code::timeout) return {};
  }
  return {};
}

Hearing listen_in(const Session& session, const Door& door, std::vector<std::string>& evidence) {
  Hearing hearing;
  const auto entered = enter(door, session);
  if (!entered) {
    evidence.push_back("second connection: " + entered.refusal.error.what);
    return hearing;
  }
  mqtt::RawClient& client = *entered.value->client;
  const auto granted = client.subscribe("#", mqtt::Qos::at_most_once);
  evidence.push_back(fmt::format("SUBSCRIBE #: {}", granted ? "granted, which proves nothing yet"
                                                            : granted.refusal.error.what));
  hearing.refused = !granted && granted.refusal.reason;
  if (!granted) return hearing;
  hear_canary(session, door, client, evidence, hearing);
  if (!hearing.message) hearing.message = hear_traffic(session, client);
  evidence.push_back(hearing.message ? quote(*hearing.message) : "nothing was delivered");
  return hearing;
}

}  // namespace

report::Check plain_subscribe(const Session& session) {
  Doors doors = try_doors(session);
  const Door* const open = doors.open();
  if (open == nullptr) return conclude_shut(std::move(doors));
  const std::string where = net::to_string(open->endpoint);
  const Hearing hearing = listen_in(session, *open, doors.check.evidence);
  if (hearing.message) {
    const mqtt::Message& message = *hearing.message;
    doors.check.bytes = core::to_bytes(core::as_bytes(message.payload.substr(0, 256)));
    return broken(std::move(doors.check), report::id::kPlainSubscribe, where,
                  fmt::format("a stranger without TLS received a message on {}", message.topic));
  }
  doors.check.bytes = open->contact.answer;
  if (hearing.refused)
    return held(std::move(doors.check),
                "the broker let us in without TLS, but refused the subscription (see plain-mqtt)");
  if (hearing.sent)
    return held(std::move(doors.check),
                "the broker let us in without TLS, but kept a message from us that was certainly "
                "sent (see plain-mqtt)");
  return inconclusive(std::move(doors.check),
                      "the broker let us in without TLS; nothing was delivered, and nothing is "
                      "known to have been sent");
}

}  // namespace wxsec::attack
