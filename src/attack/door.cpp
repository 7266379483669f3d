// MQTT in the clear against each port that might take it. CONNECT goes out in version 5, since only
// that version says why (and whether a publish was denied); a broker that does not know it is asked
// again in 3.1.1.
//
// Three things must not be mixed up: a port that speaks MQTT without TLS (its login crosses the
// wire readable: plain-mqtt), one that lets us in, and what can then be done there (plain-publish,
// plain-subscribe). A login that is asked for and refused stops the last two, and not the first.
#include "src/attack/door.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <random>

#include "lib/proto/mqtt_packet.h"
#include "src/attack/outcome.h"

namespace wxsec::attack {
namespace {

using proto::MqttType;
using proto::MqttVersion;

core::Bytes connect_packet(const std::optional<Login>& login, MqttVersion version) {
  proto::MqttConnect connect;
  connect.version = version;
  connect.client_id = fresh_canary().substr(6, 15);
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

// CONNACK codes: MQTT 3.1.1 table 3.1, MQTT 5.0 section 3.2.2.2.
bool means_other_version(std::uint8_t code) { return code == 0x01 || code == 0x84; }
bool means_login(std::uint8_t code) {
  constexpr std::array<std::uint8_t, 5> kCodes = {0x04, 0x05, 0x86, 0x87, 0x8C};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

Door knock_in(MqttVersion version, const net::Endpoint& endpoint, const Session& session) {
  const std::optional<Login>& login = session.loot.login;
  Door door;
  door.endpoint = endpoint;
  door.contact = first_contact(endpoint, connect_packet(login, version), session.target.timeout);
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

bool Door::wants_login() const { return refused_by && means_login(*refused_by); }

Door knock(const net::Endpoint& endpoint, const Session& session) {
  Door door = knock_in(MqttVersion::v5, endpoint, session);
  if (!door.refused_by || !means_other_version(*door.refused_by)) return door;
  return knock_in(MqttVersion::v311, endpoint, session);
}

const Door* Doors::open() const {
  const auto it = std::find_if(all.begin(), all.end(), [](const Door& d) { return d.admitted(); });
  return it == all.end() ? nullptr : &*it;
}

const Door* Doors::speaking() const {
  if (const Door* const door = open()) return door;
  const auto it = std::find_if(all.begin(), all.end(), [](const Door& d) { return d.speaks_mqtt; });
  return it == all.end() ? nullptr : &*it;
}

Doors try_doors(const Session& session) {
  Doors doors{begin(*session.target.broker), {}};
  for (const net::Endpoint& endpoint : doors_of(session.target)) {
    doors.all.push_back(knock(endpoint, session));
    doors.check.evidence.push_back(
        fmt::format("port {}: {}", endpoint.port, doors.all.back().words));
  }
  return doors;
}

report::Check conclude_shut(Doors doors) {
  report::Check check = std::move(doors.check);
  if (doors.all.front().contact.kind == Contact::Kind::closed && doors.speaking() == nullptr) {
    return inconclusive(std::move(check),
                        fmt::format("nobody listens at {}: is the broker running?", check.target));
  }
  const auto unclear = std::find_if(doors.all.begin(), doors.all.end(), [](const Door& door) {
    return !refuses_plaintext(door.contact) && !door.wants_login();
  });
  if (unclear != doors.all.end()) {
    return inconclusive(std::move(check),
                        fmt::format("port {}: {}", unclear->endpoint.port, unclear->words));
  }
  const Door* const asks = doors.speaking();
  if (asks == nullptr)
    return held(std::move(check), "no port of the broker takes MQTT without TLS");
  check.bytes = asks->contact.answer;
  return held(std::move(check),
              fmt::format("port {} refused us the login. It speaks MQTT without TLS, though, so a "
                          "password that is read off the wire would open it (see plain-mqtt)",
                          asks->endpoint.port));
}

mqtt::RawResult<Entrance> enter(const Door& door, const Session& session) {
  return enter(door, session, session.loot.login);
}

mqtt::RawResult<Entrance> enter(const Door& door, const Session& session,
                                const std::optional<Login>& login) {
  mqtt::Refusal refusal;
  for (const mqtt::Version version : {mqtt::Version::v5, mqtt::Version::v311}) {
    auto client = mqtt::RawClient::open(
        {door.endpoint.host, door.endpoint.port, std::nullopt, session.target.timeout});
    if (!client) return {std::nullopt, std::move(client.refusal)};
    mqtt::RawConnect connect;
    connect.version = version;
    connect.client_id = fresh_canary().substr(6, 15);
    if (login) connect.username = login->username;
    if (login) connect.password = login->password.clone();
    auto accepted = (*client.value)->connect(connect);
    if (accepted) return {Entrance{std::move(*client.value), version}, {}};
    refusal = std::move(accepted.refusal);
  }
  return {std::nullopt, std::move(refusal)};
}

}  // namespace wxsec::attack
