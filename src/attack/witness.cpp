// Brokers are polite: MQTT 3.1.1 acknowledges a publish that the access list threw away, and a
// subscription to # is granted and then nothing is delivered. So an attempt never believes the
// broker about itself. Somebody else has to have received the message.
//
// The witness listens to wx/#. It speaks on the command topic of a station that does not exist, so
// that no real station obeys it. "Up to now" is a PINGREQ: a broker answers in order, so what has
// not come before the PINGRESP had not been queued.
#include "src/attack/witness.h"

#include <fmt/core.h>

#include <algorithm>

namespace wxsec::attack {
namespace {

using core::fail;

constexpr std::string_view kOperatorTopic = "wx/wxsec-canary/cmd";

struct Caller {
  mqtt::RawResult<Entrance> client;
  std::string who;
  std::string topic;
};

mqtt::RawResult<Entrance> operator_entrance(const Target& target) {
  auto client = connect_operator(target);
  if (!client) return {std::nullopt, std::move(client.refusal)};
  return {Entrance{std::move(*client.value), mqtt::Version::v5}, {}};
}

Caller caller_for(const Session& session, const Door& door) {
  if (session.target.broker->tls() && session.target.operator_.present())
    return {operator_entrance(session.target), "the operator, over TLS",
            std::string(kOperatorTopic)};
  const attack::Loot& loot = session.loot;
  const std::optional<Login>& login = loot.second ? loot.second : loot.login;
  const std::string name = login ? login->username : "wxsec-canary";
  return {enter(door, session, login),
          fmt::format("a second client through the same port{}", login ? " as " + name : ""),
          fmt::format("wx/{}/reading", name)};
}

}  // namespace

mqtt::RawResult<std::unique_ptr<mqtt::RawClient>> connect_operator(const Target& target) {
  const mqtt::RawTls tls{target.ca, {}, target.operator_.cert, target.operator_.key, {}};
  auto client =
      mqtt::RawClient::open({target.broker->host, target.broker->port, tls, target.timeout});
  if (!client) return client;
  mqtt::RawConnect connect;
  connect.client_id = "operator";
  auto accepted = (*client.value)->connect(connect);
  if (!accepted) return {std::nullopt, std::move(accepted.refusal)};
  return client;
}

core::Result<Witness> Witness::call(const Session& session, const Door& door) {
  Caller caller = caller_for(session, door);
  if (!caller.client) return fail(caller.client.refusal.error);
  Witness witness(std::move(*caller.client.value), std::move(caller.who), std::move(caller.topic));
  const auto granted = witness.client_->subscribe("wx/#", mqtt::Qos::at_least_once);
  if (!granted) return fail(granted.refusal.error);
  return witness;
}

core::Result<bool> Witness::received(std::string_view canary) {
  const auto messages = client_->fence();
  if (!messages) return fail(messages.refusal.error);
  return std::any_of(messages.value->begin(), messages.value->end(),
                     [canary](const mqtt::Received& received) {
                       return received.message.payload.find(canary) != std::string::npos;
                     });
}

core::Result<void> Witness::send(std::string_view canary) {
  const auto sent = client_->publish({topic_, fmt::format("{{\"canary\":\"{}\"}}", canary),
                                      mqtt::Qos::at_least_once, mqtt::Retain::no});
  if (!sent) return fail(sent.refusal.error);
  return {};
}

}  // namespace wxsec::attack
