// Renewal that proves itself: new generation, checks, swap, reload, then a look at what is really
// served; and the way back when it is not the new certificate.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/certs/service.h"
#include "src/renew/deploy.h"
#include "src/renew/due.h"

namespace wxsec::certs {

struct RenewOptions {
  core::Path dir = "certs";
  std::vector<std::string> names = {};  // empty: all identities but the authorities
  DueRule due = {};
  // Failed a moment ago, and why: where they are due, they are told of as failed and not tried.
  std::map<std::string, core::Error> resting = {};
  bool force = false;    // due or not
  bool dry_run = false;  // touches nothing and asks nobody
  bool new_key = true;   // false keeps the key (for pinned public keys), unless it was revoked
  std::optional<std::chrono::milliseconds> lifetime = {};  // else as long as the one it replaces
  std::vector<Service> services = {};
  // How long a reloaded service may take until it serves the new serial.
  std::chrono::milliseconds verify_within = std::chrono::seconds{5};
  core::Passphrase ca_passphrase = {};
  // Called as things happen; may be empty.
  std::function<void(std::string_view identity, DeployStep step, std::string_view detail)> on_step =
      {};
};

enum class RenewState {
  not_due,
  would_renew,
  renewed,
  revoked,  // never renewed: a new key is a deliberate act. `error` where it was asked for by name
  foreign,  // due, but of another authority: renewed where it came from, `error` says how
  rolled_back,
  failed,
};
std::string_view renew_state_text(RenewState state);

struct RenewItem {
  std::string name = {};
  RenewState state = RenewState::not_due;
  std::string old_serial = {};
  std::string new_serial = {};            // "" unless one was issued
  core::Instant not_after = {};           // of what is current now
  core::Instant due = {};                 // likewise
  bool untold = false;                    // renewed for a server that nobody told or looked at
  std::optional<core::Error> error = {};  // why it was rolled back or failed, or who renews it
};

struct RenewReport {
  std::vector<RenewItem> items = {};
  bool crl_refreshed = false;
  bool crl_told_again = false;  // of an earlier run's list, which not everybody had heard of
  std::optional<core::Error> crl_error = {};  // the list was not renewed, or not read by a service
  bool crl_key_away = false;  // `crl_error` is that a list is due whose key is not here, no more
  bool failed() const;        // something was rolled back, or went wrong
  // Neither that, nor is anything left that is due, nor was a revoked one asked for by name.
  bool ok() const;
};

// One whose certificate was revoked is passed over, also by `force`: a thief would be let in again.
// Each identity by itself: one that fails is put back and does not stop the others. A service that
// does not serve the new serial is reloaded once more with the old pair back in place. The
// revocation list is renewed with them when it is due, and all services are told; if one does not
// hear of it, all are told again by the next run that names services. Fails: usage
// (unknown name), not_found (no authority), busy, crypto (passphrase), interrupted.
core::Result<RenewReport> renew(const RenewOptions& options, const core::Clock& clock,
                                const std::stop_token& stop);

// The same for a caller that holds the directory's lock.
core::Result<RenewReport> renew_locked(const RenewOptions& options, const core::Clock& clock,
                                       const std::stop_token& stop);

}  // namespace wxsec::certs
