// MQTT in the clear against each port that might take it. CONNECT goes out in version 5, since only
// that version says why (and whether a publish was denied); a broker that only speaks 3.1.1 still
// answers with a CONNACK, and that is all the first question asks.
//
// A broker that demands a login in the clear is broken too: its password crosses the wire readable.
#include "src/attack/door.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "lib/proto/mqtt_packet.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {
namespace {

using proto::MqttType;
using proto::MqttVersion;

core::Bytes connect_packet(const std::optional<Login>& login, const std::string& client_id) {
  proto::MqttConnect connect;
  connect.version = MqttVersion::v5;
  connect.client_id = client_id;
  if (login) {
    connect.username = login->username;
    connect.password = login->password.reveal_bytes();
  }
  return proto::encode_mqtt(connect);
}

// The CONNACK's code, if the answer is one.
std::optional<std::uint8_t> connack_code(core::ByteView answer) {
  const proto::MqttFrame frame = proto::peek_mqtt_frame(answer);
  if (frame.state != proto::FrameState::done || frame.type != MqttType::connack) return {};
  if (frame.size > answer.size()) return {};
  proto::MqttPacket packet;
  for (const MqttVersion version : {MqttVersion::v5, MqttVersion::v311}) {
    if (!proto::decode_mqtt(answer.first(frame.size), version, packet)) continue;
    return std::get<proto::MqttConnack>(packet.body).reason;
  }
  return {};
}

std::string who(const std::optional<Login>& login) {
  return login ? fmt::format("as '{}' with the password that was read", login->username)
               : std::string("without any name");
}

report::Check conclude_shut(report::Check check, const std::vector<Door>& doors) {
  const Door& main = doors.front();
  if (main.contact.kind == Contact::Kind::closed) {
    return inconclusive(std::move(check),
                        fmt::format("nobody listens at {}: is the broker running?", check.target));
  }
  const auto unclear = std::find_if(doors.begin(), doors.end(), [](const Door& door) {
    return !refuses_plaintext(door.contact);
  });
  if (unclear != doors.end()) {
    return inconclusive(std::move(check),
                        fmt::format("port {}: {}", unclear->endpoint.port, unclear->words));
  }
  return held(std::move(check), "no port of the broker takes MQTT without TLS");
}

report::Check conclude_login(report::Check check, const Door& door) {
  check.bytes = door.contact.answer;
  return broken(std::move(check), report::id::kPlainMqttServed, net::to_string(door.endpoint),
                fmt::format("port {} speaks MQTT without TLS and only asks for a password, which "
                            "everybody on the wire can read",
                            door.endpoint.port));
}

}  // namespace

std::string fresh_canary() {
  std::random_device random;
  return fmt::format("wxsec-canary-{:08x}{:08x}", random(), random());
}

std::vector<net::Endpoint> doors_of(const Target& target) {
  const net::Endpoint& broker = *target.broker;
  std::vector<net::Endpoint> doors{{net::Scheme::mqtt, broker.host, broker.port, {}}};
  for (const std::uint16_t port : target.plain_mqtt_ports) {
    const bool known = std::any_of(doors.begin(), doors.end(),
                                   [port](const net::Endpoint& door) { return door.port == port; });
    if (!known) doors.push_back({net::Scheme::mqtt, broker.host, port, {}});
  }
  return doors;
}

Door knock(const net::Endpoint& endpoint, const Session& session) {
  const std::optional<Login>& login = session.loot.login;
  Door door;
  door.endpoint = endpoint;
  door.contact = first_contact(endpoint, connect_packet(login, fresh_canary().substr(6)),
                               session.target.timeout);
  door.words = door.contact.words;
  if (door.contact.kind != Contact::Kind::answered) return door;
  const auto code = connack_code(door.contact.answer);
  if (!code) {
    door.words = "answered, but not in MQTT";
    return door;
  }
  door.speaks_mqtt = true;
  if (*code != 0) door.refused_by = code;
  door.words =
      fmt::format("MQTT CONNECT {}: CONNACK 0x{:02x} ({})", who(login), *code,
                  proto::mqtt_reason_name(
                      MqttType::connack,
                      *code < 0x80 && *code != 0 ? MqttVersion::v311 : MqttVersion::v5, *code));
  return door;
}

Doors try_doors(const Session& session) {
  Doors result{begin(*session.target.broker), false, {}};
  std::vector<Door> doors;
  const Door* asks = nullptr;
  for (const net::Endpoint& endpoint : doors_of(session.target)) {
    doors.push_back(knock(endpoint, session));
    result.check.evidence.push_back(fmt::format("port {}: {}", endpoint.port, doors.back().words));
  }
  for (const Door& door : doors) {
    if (door.admitted() && !result.open) result.open = door;
    if (door.refused_by && asks == nullptr) asks = &door;
  }
  if (result.open) return result;
  result.decided = true;
  result.check = asks != nullptr ? conclude_login(std::move(result.check), *asks)
                                 : conclude_shut(std::move(result.check), doors);
  return result;
}

mqtt::RawResult<std::unique_ptr<mqtt::RawClient>> enter(const Door& door, const Session& session) {
  auto client = mqtt::RawClient::open(
      {door.endpoint.host, door.endpoint.port, std::nullopt, session.target.timeout});
  if (!client) return client;
  const std::optional<Login>& login = session.loot.login;
  for (const mqtt::Version version : {mqtt::Version::v5, mqtt::Version::v311}) {
    mqtt::RawConnect connect;
    connect.version = version;
    connect.client_id = fresh_canary().substr(6, 15);
    if (login) connect.username = login->username;
    if (login) connect.password = login->password.clone();
    auto accepted = (*client.value)->connect(connect);
    if (accepted) return client;
    if (version == mqtt::Version::v311) return {std::nullopt, std::move(accepted.refusal)};
    client = mqtt::RawClient::open(
        {door.endpoint.host, door.endpoint.port, std::nullopt, session.target.timeout});
    if (!client) return client;
  }
  return client;
}

}  // namespace wxsec::attack
