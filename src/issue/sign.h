// A certificate for a key that stays where it was made: the device sends a request, the authority
// answers, and no private key ever travels.
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
#include "lib/pki/csr.h"
#include "src/issue/issue.h"

namespace wxsec::certs {

struct SignOptions {
  core::Path dir = "certs";
  core::Path csr = {};  // PEM or DER
  std::string profile = "station";
  // Identity, common name, MQTT user name; empty: the request's common name, unless that is one of
  // kFixedIdentities, which nobody gets by asking.
  std::string name = {};
  std::optional<std::chrono::milliseconds> lifetime = {};  // else the profile's
  core::Path out = {};  // the chain goes into this new file; empty: the identity's folder
  IfExists if_exists = IfExists::refuse;
  bool accept_revoked_key = false;  // whoever stole that key is let in with its holder
  core::Passphrase ca_passphrase = {};
};

// A wish of the request that was not granted.
struct Dropped {
  std::string what = {};  // "DNS:bank.example.com", "CA:TRUE"; as the request has it: escape it
  std::string why = {};   // "the authority may not sign for it"
};

struct Signed {
  std::string name = {};
  core::Path folder = {};      // empty where `out` was given
  core::Path generation = {};  // likewise
  core::Path file = {};        // certificate and chain
  pki::Certificate certificate = {};
  std::vector<Dropped> dropped = {};
  bool names_by_profile = false;  // none that were asked for could be granted
};

// More names than this are refused altogether.
inline constexpr std::size_t kMaxRequestedNames = 100;

// Signs if the request proves possession of its key and that key is strong. Names are kept where
// the authority's constraints and the profile allow them (addresses and wildcards: servers only);
// purposes, key usage and all else are the profile's. The identity's folder holds no privkey.pem.
// Fails: usage (name, profile, weak key, a key that was revoked here), crypto (no proof of
// possession, passphrase), malformed, too_large, exists, not_found (file, authority), permission,
// io, busy.
core::Result<Signed> sign(const SignOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
