// Thousands of identities in one go: NAME-00001 and on.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/certs/issue.h"

namespace wxsec::certs {

struct FleetOptions {
  IssueOptions each = {};  // `name` is the prefix; `names`, `out` and `if_exists` are not used
  unsigned count = 0;      // up to 99,999
  std::function<void(std::uint64_t done)> on_progress = {};
};

struct FleetReport {
  std::string first = {};  // "station-00001"
  std::string last = {};
  unsigned created = 0;
  unsigned kept = 0;  // were there already, from an earlier run
};

// "NAME-00042".
std::string fleet_name(std::string_view prefix, unsigned number);

// Makes those that are missing and keeps the others, so a run that was killed is completed by the
// next, without gaps and without a second certificate for anybody. Memory does not grow with
// `count`. Fails as issue(), and with interrupted.
core::Result<FleetReport> issue_fleet(const FleetOptions& options, const core::Clock& clock,
                                      const std::stop_token& stop);

}  // namespace wxsec::certs
