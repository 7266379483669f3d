// Runs attempts against a target, after asking whether we may.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/net/scope.h"
#include "src/attack/attempt.h"

namespace wxsec::attack {

struct Options {
  std::vector<std::string> names;  // attempts or groups ("plaintext", "all"), in any order
  net::Authority authority;
  std::function<void(const Attempt&)> on_start;        // may be empty
  std::function<void(const report::Check&)> on_check;  // may be empty
};

// One check per attempt, in the catalogue's order; attempts on a broker or an API that the target
// does not have are left out. Fails before the first packet: not_authorised (a host of the target
// is neither loopback nor in scope), usage (no such attempt, or nothing left to try). A stop leaves
// the rest out and fails with interrupted.
core::Result<report::Report> run(const Options& options, const Target& target, Loot& loot,
                                 const core::Clock& clock, const std::stop_token& stop);

}  // namespace wxsec::attack
