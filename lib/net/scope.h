// The only "may we touch this host" check. Loopback is free; everything else needs a scope file
// that names it and has not expired, and the same name typed by a person. Asked before any DNS
// query or packet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::net {

// The written permission, a TOML file:
//
//     targets = ["broker.wx.example", "192.0.2.7"]    # exact names or addresses, no wildcards
//     expires = 2026-12-31T23:59:59Z                  # a TOML date-time with offset
//     authorised_by = "Jo Smith, owner, mail of 2026-11-20"
struct Scope {
  std::vector<std::string> targets;  // lower case
  core::Instant expires;
  std::string authorised_by;
};

// Fails: not_found, permission, io, too_large (64 KiB), malformed (not TOML, a key missing, unknown
// or empty, a wildcard, CIDR range, URL or port among the targets). Expiry is not looked at here.
core::Result<Scope> parse_scope(std::string_view toml);
core::Result<Scope> read_scope(const core::Path& path);

// What a person has shown: the file, and each host's name typed by hand (prompt or option).
struct Authority {
  std::optional<Scope> scope;
  std::vector<std::string> typed;
};

// Success if `host`, as the user wrote it, may be sent packets now: is_loopback(host), or covered
// by `authority`. Fails with not_authorised and what is missing. No system call is made.
core::Result<void> authorise(std::string_view host, const Authority& authority, core::Instant now);

}  // namespace wxsec::net
