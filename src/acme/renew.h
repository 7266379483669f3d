// Renewal of what came from ACME servers: asks each server when it would like it (RFC 9773), else
// goes by the share of the lifetime that is left.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/acme/obtain.h"
#include "src/certs/threshold.h"

namespace wxsec::acme {

struct RenewOptions {
  RunOptions run = {};
  std::vector<std::string> names = {};  // empty: all that have an acme.json
  certs::Threshold within = {};
  bool dry_run = false;     // touches nothing and asks nobody
  core::Path ca_file = {};  // instead of the stored one; empty: as stored
};

enum class RenewState { not_due, would_renew, renewed, rolled_back, failed };
std::string_view renew_state_text(RenewState state);  // "rolled-back"

struct RenewItem {
  std::string name = {};
  RenewState state = RenewState::not_due;
  std::string old_serial = {};
  std::string new_serial = {};   // of a renewed one
  core::Instant not_after = {};  // of what is current now
  core::Instant due = {};
  std::optional<RenewalInfo> window = {};  // the server's wish
  std::optional<core::Error> error = {};
};

struct RenewReport {
  std::vector<RenewItem> items = {};
  bool ok() const;  // nothing rolled back or failed
};

// Each identity by itself: one that fails does not stop the others. Due is also one whose key is
// missing or another's. Fails: not_found (no DIR),
// usage (a name without an acme.json), busy, interrupted.
core::Result<RenewReport> renew(const RenewOptions& options, const core::Clock& clock,
                                const std::stop_token& stop);

// When to renew: the server's moment where it has one, else by `within`; the earlier one where the
// caller named `within` himself; and never in the last tenth of the life, whatever the server says.
core::Instant renewal_moment(const pki::Certificate& certificate, const certs::Threshold& within,
                             const std::optional<RenewalInfo>& window);

}  // namespace wxsec::acme
