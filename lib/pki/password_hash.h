// Passwords kept as salted, slow hashes, in the form that Mosquitto 2 reads.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/result.h"
#include "lib/core/secret.h"

namespace wxsec::pki {

// "$7$rounds$salt$hash": PBKDF2-HMAC-SHA512 (RFC 8018 5.2), 12 random bytes of salt, 64 of hash,
// both in base64; as mosquitto_passwd writes it. The broker pays `rounds` at every login.
core::Result<std::string> hash_password(const core::Secret& password, unsigned rounds);

// Whether `entry` is such a hash of `password`; false for anything malformed, and for more than
// ten million rounds.
bool password_matches(std::string_view entry, const core::Secret& password);

}  // namespace wxsec::pki
