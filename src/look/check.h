// Are these certificates fine, and for how long still: files, directories and live endpoints.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/verify.h"
#include "src/certs/threshold.h"

namespace wxsec::certs {

enum class CheckState { fine, due, expired, broken, unreadable };
// "fine", "due", ...
std::string_view check_state_text(CheckState state);

struct CheckOptions {
  // Files, directories (a certificate directory is taken by its identities, any other by its *.pem,
  // *.crt, *.cer files), URLs (mqtts://, https://, tls://).
  std::vector<std::string> targets = {};
  // Whom to judge by: `ca`, else `dir` if that was given by the user, else the certificate
  // directory that a target lies in, else `dir`. See check_trust.h.
  core::Path dir = "certs";
  bool dir_asked_for = false;
  core::Path ca = {};
  Threshold within = {};
  std::chrono::milliseconds timeout = std::chrono::seconds{5};  // per endpoint
};

inline constexpr std::size_t kEndpointsAtOnce = 32;

struct CheckItem {
  std::string target = {};  // path or URL
  CheckState state = CheckState::fine;
  std::string what = {};     // "certificate", "revocation list", "private key"
  std::string subject = {};  // common name, or the whole subject where it has none
  std::string serial = {};
  std::string key = {};  // "P-256"
  std::optional<core::Instant> not_before = {};
  std::optional<core::Instant> not_after = {};
  std::optional<core::Instant> due = {};
  pki::Reason reason = pki::Reason::valid;
  std::string sentence = {};     // what is wrong, or "89 days left"
  std::string hint = {};         // one thing to do; "" when fine
  bool dates_only = false;       // nobody was there to judge its issuer by
  bool by_system_store = false;  // not by the directory's authority, but by whom the machine trusts
  bool revocation_unknown = false;  // valid, but there was no list to look at
};

struct CheckReport {
  std::vector<CheckItem> items = {};
  // broken, expired, due, and only then unreadable: what could not be looked at does not hide what
  // is known to be wrong. Unreadable where there is nothing at all.
  CheckState worst() const;
  std::size_t count(CheckState state) const;
  std::size_t by_dates_only() const;
};

// Looks at all targets; what cannot be read or reached is an item, not an error. Checks per
// certificate: validity, key beside it, chain to the directory's root, revocation. Fails with usage
// when there is no target at all.
core::Result<CheckReport> check(const CheckOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
