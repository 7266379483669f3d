// The broker's ports, tried with MQTT in the clear.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/mqtt/raw_client.h"
#include "src/attack/attempt.h"
#include "src/attack/first_contact.h"

namespace wxsec::attack {

struct Door {
  net::Endpoint endpoint;  // mqtt://host:port
  Contact contact;
  bool speaks_mqtt = false;                // a CONNACK came, whatever it says
  std::optional<std::uint8_t> refused_by;  // its code, if that is a refusal
  std::string words;                       // what happened, for evidence
  bool admitted() const { return speaks_mqtt && !refused_by; }
  bool wants_login() const;  // refused because of the name or password, or for lack of one
};

// Where stations connect, and the usual plaintext ports of the same host; each endpoint once.
std::vector<net::Endpoint> doors_of(const Target& target);

// CONNECT without TLS, with the login that was won if there is one, and the answer.
Door knock(const net::Endpoint& endpoint, const Session& session);

// All of them, tried. Pointers are into `all`.
struct Doors {
  report::Check check;  // on the broker, with what each port answered as evidence
  std::vector<Door> all;
  const Door* open() const;      // one that lets us in, or null
  const Door* speaking() const;  // one that speaks MQTT without TLS, an open one first, or null
};
Doors try_doors(const Session& session);

// The end of an attempt that found no open door: held if each door refuses plaintext or wants a
// login that we do not have; inconclusive if nobody listens or an answer leaves it open.
report::Check conclude_shut(Doors doors);

// A client behind an open door, after its CONNACK; with `login`, or the one that was won.
struct Entrance {
  std::unique_ptr<mqtt::RawClient> client;
  mqtt::Version version = mqtt::Version::v5;  // in 3.1.1 a PUBACK proves nothing
};
mqtt::RawResult<Entrance> enter(const Door& door, const Session& session,
                                const std::optional<Login>& login);
mqtt::RawResult<Entrance> enter(const Door& door, const Session& session);

// A word that was never used before, to be recognised when it comes back.
std::string fresh_canary();

}  // namespace wxsec::attack
