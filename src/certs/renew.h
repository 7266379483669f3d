// Renewal that proves itself: new generation, checks, swap, reload, then a look at what is really
// served; and the way back when it is not the new certificate.
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
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"
#include "src/certs/layout.h"
#include "src/certs/threshold.h"

namespace wxsec::certs {

// Somebody who uses an identity and must hear of a new certificate.
struct Service {
  std::string identity = {};                        // "broker"
  std::string description = {};                     // "SIGHUP to process 4711", for messages
  std::function<core::Result<void>()> reload = {};  // empty: nothing to tell
  std::function<core::Result<std::string>()> served_serial = {};  // empty: not verified
};

enum class RenewStep { issued, checked, swapped, reloaded, verified, rolled_back };
std::string_view renew_step_text(RenewStep step);

struct RenewOptions {
  core::Path dir = "certs";
  std::vector<std::string> names = {};  // empty: all identities but the authorities
  Threshold within = {};
  bool force = false;    // due or not
  bool dry_run = false;  // touches nothing and asks nobody
  bool new_key = true;   // false keeps the key (for pinned public keys)
  std::optional<std::chrono::milliseconds> lifetime = {};  // else as long as the one it replaces
  std::vector<Service> services = {};
  // How long a reloaded service may take until it serves the new serial.
  std::chrono::milliseconds verify_within = std::chrono::seconds{5};
  core::Secret ca_passphrase = {};
  // Called as things happen; may be empty.
  std::function<void(std::string_view identity, RenewStep step, std::string_view detail)> on_step;
};

enum class RenewState { not_due, would_renew, renewed, rolled_back, failed };
std::string_view renew_state_text(RenewState state);

struct RenewItem {
  std::string name = {};
  RenewState state = RenewState::not_due;
  std::string old_serial = {};
  std::string new_serial = {};            // "" unless one was issued
  core::Instant not_after = {};           // of what is current now
  core::Instant due = {};                 // likewise
  std::optional<core::Error> error = {};  // why it was rolled back or failed
};

struct RenewReport {
  std::vector<RenewItem> items = {};
  bool crl_refreshed = false;
  bool ok() const;  // nothing rolled back or failed
};

// Each identity by itself: one that fails is put back and does not stop the others. A service that
// does not serve the new serial is reloaded once more with the old pair back in place. Fails: usage
// (unknown name), not_found (no authority), busy, crypto (passphrase), interrupted.
core::Result<RenewReport> renew(const RenewOptions& options, const core::Clock& clock,
                                const std::stop_token& stop);

// Points `current` at the generation before it (or at `generation`, "0003"). Returns the name of
// the generation now current. Fails: not_found when there is none, crypto when its pair does not
// match.
core::Result<std::string> rollback(const core::Path& dir, std::string_view name,
                                   std::string_view generation);

}  // namespace wxsec::certs
