// One more identity from the directory's issuing authority.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"
#include "lib/pki/name.h"
#include "src/certs/layout.h"
#include "src/certs/profile.h"

namespace wxsec::certs {

enum class IfExists { refuse, new_generation };

struct IssueOptions {
  core::Path dir = "certs";
  std::string name = {};                         // folder, common name, MQTT user name
  std::string profile = "station";               // see find_profile()
  std::vector<pki::AlternativeName> names = {};  // empty: NAME.DOMAIN or NAME.stations.DOMAIN, and
                                                 // for servers localhost and the loopback addresses
  std::optional<std::chrono::milliseconds> lifetime = {};  // a minute at least; else the profile's
  std::optional<pki::KeyType> key = {};
  std::optional<Fault> fault = {};  // else the profile's
  core::Path out =
      {};  // the identity's folder; empty: where Layout says, DIR/wrong/NAME for faults
  std::string group = {};
  IfExists if_exists = IfExists::refuse;
  core::Passphrase ca_passphrase = {};
};

struct Issued {
  std::string name = {};
  core::Path folder = {};      // .../NAME
  core::Path generation = {};  // .../NAME/0001
  IdentityFiles files = {};    // through `current`
  pki::Certificate certificate = {};
  std::vector<std::string> dismissed = {};  // "acme.json": of who renewed what was here, set aside
  bool shortened = false;                   // it would have outlived its issuer, and ends with it
  bool wrong_on_purpose = false;            // its profile has a fault
};

// Fails: usage (name, profile, a name that the authority may not sign for), exists, not_found (no
// authority in DIR), crypto (passphrase), permission, io, busy. The end is cut to the issuer's.
core::Result<Issued> issue(const IssueOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
