// Thousands of identities in one go: NAME-00001 and on, or the rows of a table.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/issue/issue.h"

namespace wxsec::certs {

// One identity of a table; what is left out comes from FleetOptions::each.
struct FleetMember {
  std::string name = {};
  std::vector<pki::AlternativeName> names = {};
  std::optional<std::chrono::milliseconds> lifetime = {};
  std::string where = {};  // "fleet.csv: line 3", for errors
};

struct FleetOptions {
  IssueOptions each = {};  // `name` is the prefix; `names`, `out` and `if_exists` are not used
  unsigned count = 0;      // up to kMostMembers
  std::vector<FleetMember> members = {};  // instead of count, with different names
  unsigned threads = 0;                   // 0: as many as the machine has cores, at most eight
  // From any thread, one at a time.
  std::function<void(std::uint64_t done)> on_progress = {};
};
inline constexpr unsigned kMostMembers = 999'999;

struct FleetReport {
  std::string first = {};  // "station-00001"
  std::string last = {};
  unsigned created = 0;
  unsigned kept = 0;         // were there already, from an earlier run
  unsigned other_names = 0;  // of those kept: the table asks for other names than they have
  unsigned completed = 0;    // signed by a run that was killed, put in use by this one
  unsigned renamed = 0;      // of those created: common name is not the plain name, see leaf_spec()
  bool shortened = false;    // some would have outlived their issuer, and end with it
};

// "NAME-00042".
std::string fleet_name(std::string_view prefix, unsigned number);

// Makes those that are missing and keeps the others, so a run that was killed is completed by the
// next, without gaps and without a second certificate for anybody. All is checked before the first
// is made. Every serial is in the ledger before its certificate is in use. Memory does not grow
// with `count`. Fails as issue(), and with interrupted.
core::Result<FleetReport> issue_fleet(const FleetOptions& options, const core::Clock& clock,
                                      const std::stop_token& stop);

}  // namespace wxsec::certs
