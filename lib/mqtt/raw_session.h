// The packets of one connection: sent whole, received whole, messages in between kept. Internal to
// lib/mqtt; RawClient is its face.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "lib/mqtt/byte_stream.h"
#include "lib/mqtt/raw_client.h"
#include "lib/proto/mqtt_packet.h"

namespace wxsec::mqtt {

struct RawSession {
  std::unique_ptr<ByteStream> stream;
  std::chrono::milliseconds timeout;
  proto::MqttVersion version = proto::MqttVersion::v311;
  core::Bytes buffer;  // received, not yet taken
  core::Bytes packet;  // the one that `decoded` views into
  proto::MqttPacket decoded;
  std::deque<Received> kept;
  std::uint16_t last_id = 0;
  Refusal refusal;  // why the last step failed

  std::uint16_t next_id() {
    last_id = last_id == 65535 ? std::uint16_t{1} : static_cast<std::uint16_t>(last_id + 1);
    return last_id;
  }
  bool fail_with(Refusal why) {
    refusal = std::move(why);
    return false;
  }
  // Names what broke the connection: TLS first, since its alert is the true reason.
  bool fail_with(const core::Error& error);
  bool send(core::ByteView bytes);
  bool fill(const core::Deadline& deadline);
  bool take_packet(const core::Deadline& deadline);
  bool take_decoded(const core::Deadline& deadline);
  bool keep_message();
  bool answer(proto::MqttType type, std::uint16_t id);
  // Reads until a packet of `type` with this id is there, in `decoded`. False after a refusal; a
  // DISCONNECT of the peer (MQTT 5) is one.
  bool await_packet(proto::MqttType type, std::uint16_t id);
  // Its body, whose views live until the next call; null after a refusal.
  template <class Body>
  const Body* await(proto::MqttType type, std::uint16_t id) {
    return await_packet(type, id) ? std::get_if<Body>(&decoded.body) : nullptr;
  }
};

// The standard's name of a code, and the peer's own words about it, if it has any (MQTT 5
// 3.2.2.3.9), escaped.
std::string reason_text(proto::MqttType type, proto::MqttVersion version, std::uint8_t reason,
                        core::ByteView properties);
// Refusals at Stage::mqtt: the peer broke the rules, or it said no.
Refusal protocol_refusal(std::string what);
Refusal said_no(std::string_view what, std::uint8_t reason, const std::string& text);

}  // namespace wxsec::mqtt
