// certbot's deploy hook: takes a renewed pair from where only root may read it to where a service
// can, makes the service load it, and looks whether it did.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/renew/deploy.h"

namespace wxsec::acme {

struct HookOptions {
  core::Path dir = "certs";                // the pair goes to DIR/NAME, NAME being the lineage's
  core::Path lineage = {};                 // certbot's RENEWED_LINEAGE: .../live/NAME
  std::string group = {};                  // may read the key; empty: as it is, or nobody
  std::vector<std::string> reloads = {};   // "unit:mosquitto", as for Settings::reloads
  std::vector<std::string> verifies = {};  // "mqtts://localhost:8883"
  std::chrono::milliseconds verify_within = std::chrono::seconds(5);
  std::function<void(certs::DeployStep step, std::string_view detail)> on_step = {};
};

// How the last run for an identity ended: DIR/NAME/hook.json, since certbot 2.1 tells nobody.
struct HookStatus {
  std::string name = {};
  bool ok = false;
  std::string serial = {};  // that was to be deployed
  core::Path lineage = {};
  core::Instant at = {};
  std::string what = {};  // why not
};

// Copies the pair (certificate, chain, key with 0640 and the group), checks, swaps, reloads,
// verifies; goes back where that fails. A pair that is in use already is only reloaded and
// verified. Writes the status either way. Fails: usage (no lineage), not_found, crypto (key and
// certificate do not match: nothing was changed), permission, and as deploy.
core::Result<HookStatus> run_hook(const HookOptions& options, const core::Clock& clock,
                                  const std::stop_token& stop);

// All identities of DIR that a hook has deployed. One is not ok either where its lineage holds
// another certificate by now: then the hook was not run. Fails with not_found (no DIR).
core::Result<std::vector<HookStatus>> hook_status(const core::Path& dir);

}  // namespace wxsec::acme
