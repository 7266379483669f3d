// The identities of a certificate directory as a table, and where folders and ledger differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/certs/check_tree.h"
#include "src/look/check.h"

namespace wxsec::certs {

enum class ListOrder { layout, name, days_left };

struct ListOptions {
  core::Path dir = "certs";
  std::vector<std::string> names = {};   // these alone; '*' and '?' as in the shell
  std::string profile = {};              // of this profile alone
  std::optional<CheckState> state = {};  // in this state alone
  Threshold within = {};                 // what counts as due
  ListOrder order = ListOrder::layout;
};

struct ListedIdentity {
  std::string name = {};
  std::string profile = {};  // from the ledger, by serial or else by name; "" where it is not known
  std::string serial = {};
  std::string generation = {};  // "0002"
  CheckState state = CheckState::fine;
  std::optional<core::Instant> not_after = {};
  std::optional<long> days_left = {};
  std::string key = {};       // "P-256"
  std::string sentence = {};  // what is wrong, or how long still
  bool recorded = false;      // its serial is in the ledger
};

struct ListReport {
  std::vector<ListedIdentity> identities = {};
  bool has_ledger = false;
  // Latest in the ledger, but not in use: "field-00007" (its folder is gone, or a run was killed).
  std::vector<std::string> missing = {};
  // Folders that this user may not enter: who is in them is in neither list.
  std::vector<ClosedFolder> closed = {};
};

// Fails: not_found (no such directory), and as Ledger and load_trust().
core::Result<ListReport> list_identities(const ListOptions& options, const core::Clock& clock);

// "fine", "due" ... as in CheckItem. Fails with usage.
core::Result<CheckState> parse_check_state(std::string_view text);

}  // namespace wxsec::certs
