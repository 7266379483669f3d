// The deploy hook that certbot has stored for a lineage: what certbot itself calls after a renewal,
// and hence the only one whose success says anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::acme {

struct StoredHook {
  std::string line = {};  // for a shell, as certbot runs it
  // Where `wxsec certs acme hook` puts the pair and its status; empty: another program's hook,
  // which leaves no status behind.
  core::Path dir = {};
};

// `renew_hook` of a renewal configuration; nothing where it has none.
std::optional<std::string> renew_hook_in(std::string_view configuration);

// `line` taken apart as a shell would, apart from what it would expand.
StoredHook parse_stored_hook(std::string line);

// That of CONFIG/renewal/NAME.conf. Fails: not_found, permission, io.
core::Result<std::optional<StoredHook>> stored_hook(const core::Path& config,
                                                    const std::string& name);

// Runs it for CONFIG/live/NAME, by a shell and with the variables of certbot. Fails with
// child_failed (and its last words), timeout.
core::Result<void> run_stored_hook(const StoredHook& hook, const core::Path& config,
                                   const std::string& name);

}  // namespace wxsec::acme
