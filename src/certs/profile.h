// What kind of certificate: lifetime, key, purpose, and for lessons what is deliberately wrong.
// Profiles are TOML files (certs/profiles/README.md describes them); those that ship are also
// compiled in, so that the binary works alone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/key.h"

namespace wxsec::certs {

// The one thing that is wrong with a certificate made for a lesson or a test.
enum class Fault {
  none,
  expired,      // ended an hour ago
  not_yet,      // starts tomorrow
  wrong_name,   // right in all but the name: wrong-name.<domain>
  weak_key,     // RSA with 1024 bits
  sha1,         // signed over SHA-1
  no_san,       // no subject alternative name, only a common name
  wrong_eku,    // a client's purpose where a server's is due, and the other way round
  self_signed,  // vouches for itself
  ca_true,      // claims to be an authority
  other_ca,     // from an authority made up on the spot that nobody trusts
};
// "wrong-name".
std::string_view fault_text(Fault fault);
core::Result<Fault> parse_fault(std::string_view text);

struct Profile {
  std::string name;
  std::string description;
  pki::KeyType key = pki::KeyType::p256;
  std::chrono::milliseconds lifetime{};
  bool ca = false;
  std::optional<long> path_length;
  bool server = false;
  bool client = false;
  Fault fault = Fault::none;
  friend bool operator==(const Profile&, const Profile&) = default;
};

// RSA with 1024 bits is for the fault weak_key alone. Fails with usage.
core::Result<void> check_strong(pki::KeyType key);

// Certificates count whole seconds: below one, or above a hundred years, fails with usage.
core::Result<void> check_lifetime(std::chrono::milliseconds lifetime);

// What ships in certs/profiles, in the order in which it is listed.
const std::vector<Profile>& built_in_profiles();

// Fails with usage: unknown or missing fields, wrong types, impossible lifetimes; with the line.
core::Result<Profile> parse_profile(std::string_view toml, std::string_view name);

// DIR/profiles/NAME.toml if there, else the built-in one. Fails with usage: none of them (naming
// those that exist), or what is wrong in the file (naming it).
core::Result<Profile> find_profile(const core::Path& dir, std::string_view name);

}  // namespace wxsec::certs
