// Somebody with every right to listen, who tells what the broker really delivered.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mqtt/raw_client.h"
#include "src/attack/door.h"

namespace wxsec::attack {

class Witness {
 public:
  // The operator over TLS where there is one; else a second client through the same open door.
  // Subscribed to wx/# when this returns. Fails with why there is none.
  static core::Result<Witness> call(const Session& session, const Door& door);

  // How it is connected, for evidence: "the operator, over TLS".
  const std::string& who() const { return who_; }
  // Whether a message with `canary` in its payload was delivered up to now (a PINGREQ fence, no
  // waiting). Fails when the connection broke.
  core::Result<bool> received(std::string_view canary);
  // Publishes it where only subscribers of everything hear it; the PUBACK is proof that the broker
  // has queued it for them. Fails with denied, or as the connection does.
  core::Result<void> send(std::string_view canary);
  // False where it had to speak MQTT 3.1.1, whose PUBACK also follows a message that was denied.
  bool acknowledges_honestly() const { return version_ == mqtt::Version::v5; }

 private:
  Witness(Entrance entrance, std::string who, std::string topic)
      : client_(std::move(entrance.client)),
        version_(entrance.version),
        who_(std::move(who)),
        topic_(std::move(topic)) {}
  std::unique_ptr<mqtt::RawClient> client_;
  mqtt::Version version_;
  std::string who_;
  std::string topic_;  // where it may publish
};

// The operator's connection over TLS, after CONNACK 0.
mqtt::RawResult<std::unique_ptr<mqtt::RawClient>> connect_operator(const Target& target);

}  // namespace wxsec::attack
