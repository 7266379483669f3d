// How an identity is obtained, remembered beside it for the renewals: DIR/NAME/acme.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/key.h"
#include "src/acme/responder.h"

namespace wxsec::acme {

struct Settings {
  std::string server = {};  // the directory's URL
  core::Path ca_file = {};  // absolute; empty: the system's store
  std::vector<std::string> domains = {};
  ChallengeKind challenge = ChallengeKind::http_01;
  core::Path webroot = {};  // absolute
  std::string address = {};
  std::uint16_t port = 80;
  std::string profile = {};
  std::string preferred_chain = {};
  pki::KeyType key = pki::KeyType::p256;
  bool keep_key = false;
  std::vector<std::string> contacts = {};
  // "pidfile:/run/mosquitto.pid", for certs::parse_reload, and good in any directory.
  std::vector<std::string> reloads = {};
  std::vector<std::string> verifies = {};  // "mqtts://localhost:8883"
  // The generation that was issued but not taken into use, for its reload or proof failed: it is
  // tried again before a new one is asked for. Empty: none.
  std::string pending = {};

  friend bool operator==(const Settings&, const Settings&) = default;
};

inline constexpr const char* kSettingsFile = "acme.json";

// Of an identity's folder. Fails: not_found, permission, malformed.
core::Result<Settings> load_settings(const core::Path& folder);
// Atomically, mode 0644: there is no secret in it. Fails: permission, io.
core::Result<void> save_settings(const core::Path& folder, const Settings& settings);

// Identities of DIR that have such a file, sorted.
core::Result<std::vector<std::string>> acme_identities(const core::Path& dir);

// The kinds of key that public authorities take: curves and RSA of 2048 bits and more. Fails with
// usage.
core::Result<pki::KeyType> parse_key(std::string_view text);

// Let's Encrypt's directories. Tests never go there.
inline constexpr const char* kProduction = "https://acme-v02.api.letsencrypt.org/directory";
inline constexpr const char* kStaging = "https://acme-staging-v02.api.letsencrypt.org/directory";

}  // namespace wxsec::acme
