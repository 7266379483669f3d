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

// The canary, and whatever else the fence brings.
std::optional<mqtt::Message> hear_canary(const Session& session, const Door& door,
                                         mqtt::RawClient& client,
                                         std::vector<std::string>& evidence) {
  auto witness = Witness::call(session, door);
  if (!witness) {
    evidence.push_back("no canary: " + witness.error().what);
    return {};
  }
  const auto sent = witness->send(fresh_canary());
  evidence.push_back(fmt::format("canary sent by {}: {}", witness->who(),
                                 sent ? "acknowledged" : sent.error().what));
  auto heard = client.fence();
  if (!heard || heard.value->empty()) return {};
  return std::move(heard.value->front().message);
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

std::optional<mqtt::Message> listen_in(const Session& session, const Door& door,
                                       std::vector<std::string>& evidence) {
  const auto client = enter(door, session);
  if (!client) {
    evidence.push_back("second connection: " + client.refusal.error.what);
    return {};
  }
  const auto granted = (*client.value)->subscribe("#", mqtt::Qos::at_most_once);
  evidence.push_back(fmt::format("SUBSCRIBE #: {}", granted ? "granted, which proves nothing yet"
                                                            : granted.refusal.error.what));
  if (!granted) return {};
  auto message = hear_canary(session, door, **client.value, evidence);
  if (!message) message = hear_traffic(session, **client.value);
  evidence.push_back(message ? quote(*message) : "nothing was delivered");
  return message;
}

}  // namespace

report::Check plain_subscribe(const Session& session) {
  Doors doors = try_doors(session);
  if (doors.decided) return std::move(doors.check);
  const std::string where = net::to_string(doors.open->endpoint);
  const auto message = listen_in(session, *doors.open, doors.check.evidence);
  if (message) {
    doors.check.bytes = core::to_bytes(core::as_bytes(message->payload.substr(0, 256)));
    return broken(std::move(doors.check), report::id::kPlainSubscribe, where,
                  fmt::format("a stranger without TLS received a message on {}", message->topic));
  }
  doors.check.bytes = doors.open->contact.answer;
  return broken(std::move(doors.check), report::id::kPlainMqttServed, where,
                "nothing was delivered, but the broker talks to strangers without TLS");
}

}  // namespace wxsec::attack
