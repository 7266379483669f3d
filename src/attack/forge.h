// Certificates that are wrong in exactly one way, for attempts.
#pragma once

#include <string>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "src/attack/attempt.h"

namespace wxsec::attack {

struct Forged {
  std::string chain_pem;  // leaf first, then its issuer
  core::Secret key_pem;
};

// A client's certificate CN=`name`, right in everything but its CA, which was made for it.
core::Result<Forged> client_of_another_ca(const std::string& name, core::Instant now);
// CN=`name` from the real issuing CA, ended an hour ago. Fails as reading the CA's files does, and
// with crypto where its key has a passphrase.
core::Result<Forged> expired_client(const Identity& issuer, const std::string& name,
                                    core::Instant now);
// A server's certificate for `host`, localhost and the loopback addresses, from a CA made for it.
core::Result<Forged> server_of_another_ca(const std::string& host, core::Instant now);
// A server's certificate from the real issuing CA, for a name that nobody dials; `name` is set to
// it.
core::Result<Forged> server_for_another_name(const Identity& issuer, core::Instant now,
                                             std::string& name);

// On disk for as long as this lives, for clients that read files.
struct ForgedFiles {
  core::TempDirectory directory;
  Identity identity;
};
core::Result<ForgedFiles> to_files(const Forged& forged);

}  // namespace wxsec::attack
