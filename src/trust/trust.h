// The directory's authority in the trust stores of this machine: Debian's, which curl, Python, Go
// and most daemons read, and those of the browsers, which bring their own (NSS).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"

namespace wxsec::certs {

struct TrustOptions {
  core::Path dir = "certs";
  bool system = true;    // Debian: /usr/local/share/ca-certificates, needs root
  bool browsers = true;  // NSS: Chromium's ~/.pki/nssdb, every Firefox profile
  core::Path home = {};  // the user's, for `browsers`
};

// absent: not trusted there. partial: the file is there, but the store does not have it yet, or the
// other way round.
enum class TrustState { absent, partial, installed };
// "absent", "partial", "installed".
std::string_view trust_state_text(TrustState state);

// One of our certificates in one store, as it is after what was asked for.
struct TrustItem {
  std::string store = {};      // "system", "chromium", "firefox"
  core::Path place = {};       // the directory of the store
  std::string authority = {};  // common name
  std::string sha256 = {};
  bool retired = false;  // of an earlier generation: not what DIR/ca.pem holds today
  TrustState state = TrustState::absent;
  bool changed = false;
  std::optional<core::Error> error = {};  // this store could not be read or changed
};

struct TrustReport {
  std::vector<pki::Certificate> authorities = {};  // of DIR/ca.pem
  std::vector<TrustItem> items = {};
  bool ok() const;  // no item has an error
};

// Only certificates of this directory are ever added or removed, each found by all of its bytes,
// whatever its name; others are as before, also those with the same subject. A store that fails is
// an item with its error (permission: the system's needs root; missing_program: certutil;
// child_failed), and the others are done. Fail with not_found when DIR has no ca.pem, usage when no
// store is chosen.
core::Result<TrustReport> trust_install(const TrustOptions& options);
// Also takes out what earlier generations of the root left behind.
core::Result<TrustReport> trust_uninstall(const TrustOptions& options);
core::Result<TrustReport> trust_status(const TrustOptions& options);

}  // namespace wxsec::certs
