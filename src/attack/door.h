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
};

// Where stations connect, and the usual plaintext ports of the same host; each endpoint once.
std::vector<net::Endpoint> doors_of(const Target& target);

// CONNECT without TLS, with the login that was won if there is one, and the answer.
Door knock(const net::Endpoint& endpoint, const Session& session);

// What all doors together mean: `decided` once one of them speaks MQTT without letting us in
// (broken), or none of them takes plaintext (held), or we cannot know (inconclusive). Adds what was
// seen as evidence. Undecided: `open` is the door that let us in.
struct Doors {
  report::Check check;
  bool decided = false;
  std::optional<Door> open;
};
Doors try_doors(const Session& session);

// A client behind an open door, after its CONNACK.
mqtt::RawResult<std::unique_ptr<mqtt::RawClient>> enter(const Door& door, const Session& session);

// A word that was never used before, to be recognised when it comes back.
std::string fresh_canary();

}  // namespace wxsec::attack
