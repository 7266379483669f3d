// An attempt is one intrusion that a stranger could try, as a function: it is told where the target
// is and what the attacker has, and answers HELD, BROKEN or INCONCLUSIVE with evidence.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/secret.h"
#include "lib/net/endpoint.h"
#include "src/report/verdict.h"

namespace wxsec::attack {

// Certificate chain and key of a client or CA, as PEM files. Empty paths: we have none.
struct Identity {
  core::Path cert;
  core::Path key;
  bool present() const { return !cert.empty() && !key.empty(); }
};

struct Login {
  std::string username;
  core::Secret password;
};

// What is attacked. What an attempt needs and does not find here makes it INCONCLUSIVE, with the
// name of what is missing; only attempts on a broker or an API that is not given at all are left
// out.
struct Target {
  std::optional<net::Endpoint> broker;  // where stations publish: mqtts://... or mqtt://...
  std::optional<net::Endpoint> api;     // https://... or http://...
  std::vector<std::uint16_t> plain_mqtt_ports{1883};      // also tried on the broker's host
  std::vector<std::uint16_t> plain_http_ports{80, 8080};  // also tried on the API's host
  std::string api_path = "/api/v1/stations";              // answers with data when all is well

  core::Path dir;      // the certificate directory that the files below are from; may be empty
  core::Path ca;       // what honest clients trust
  Identity operator_;  // may read wx/# and write wx/+/cmd: our independent witness
  Identity station;    // publishes below wx/<station_name>/
  std::string station_name = "station-0001";
  Identity issuer;   // the issuing CA: makes certificates that are wrong in one way
  Identity revoked;  // a certificate on the broker's CRL

  std::string interface = "lo";                // where an eavesdropper would sit
  std::chrono::milliseconds listen_for{1500};  // how long it listens at most
  std::chrono::milliseconds timeout{2000};     // for each connection
};

// What earlier attempts won and later ones use: the eavesdropped password opens the broker.
struct Loot {
  std::optional<Login> login;
  // Another account's, for the witness: who may publish a reading may rarely hear it.
  std::optional<Login> second;
};

// What an attempt gets from its caller. Runs in the caller's thread.
struct Session {
  const Target& target;
  Loot& loot;
  const core::Clock& clock;
  std::stop_token stop;
};

enum class Group { plaintext, tls, certs, impostors };
enum class Need { broker, api, ca, operator_, issuer, revoked };

struct Attempt {
  std::string_view name;  // plain-publish
  Group group;
  std::string_view title;  // publish a forged reading over MQTT without TLS
  std::vector<Need> needs;
  // Never fails: trouble of our own is INCONCLUSIVE with its reason. Called only if all needs are
  // met; fills everything but name, title and duration.
  report::Check (*run)(const Session& session);
};

// The explicit list, in the order to run them. catalogue.cpp
std::span<const Attempt> attempts();
const Attempt* find_attempt(std::string_view name);
std::string_view group_name(Group group);
std::string_view need_name(Need need);  // "the issuing CA's certificate and key (--dir)"

}  // namespace wxsec::attack
