// Taking trust back: the revocation list, who is on it, and whether the services know.
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
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/crl.h"
#include "src/certs/service.h"

namespace wxsec::certs {

enum class IfLost { refuse, begin_anew };

struct RevokeOptions {
  core::Path dir = "certs";
  // An identity; all of its certificates that are still valid are revoked: those of its folder, and
  // those that the ledger alone remembers.
  std::string name = {};
  pki::RevocationReason reason = pki::RevocationReason::unspecified;
  IfLost if_lost = IfLost::refuse;  // for refresh_list()
  core::Passphrase ca_passphrase = {};
  // Told of the new list; those with a URL must then refuse the revoked identity itself.
  std::vector<Service> services = {};
  std::chrono::milliseconds verify_within = std::chrono::seconds{5};
};

// A living certificate of another name for a key of the one that is revoked.
struct SameKey {
  std::string name = {};
  std::string serial = {};
  bool revoked = false;  // now, too: where the reason is key_compromise
};

// Another identity that shows a certificate which is revoked: a pair under two names.
struct SharedPair {
  std::string name = {};
  std::string serial = {};
  std::string profile = {};  // by which it can be made again
};

struct RevokeReport {
  std::vector<std::string> serials = {};     // revoked now
  std::vector<SameKey> same_key = {};        // that were not on the list
  std::vector<std::string> same_name = {};   // identities whose certificate carries its name
  std::vector<SharedPair> shared = {};       // whoever shows what is on the list now
  std::size_t already = 0;                   // were on the list
  std::size_t total = 0;                     // on the lists now
  core::Instant next_update = {};            // of the list that runs out first
  std::vector<std::string> told = {};        // services
  std::vector<std::string> proofs = {};      // "mqtts://localhost:8883: refused: ..."
  std::vector<std::string> not_proven = {};  // "https://localhost:8443 asks no client for ..."
  // The list was begun anew, with so many that the ledger knew of.
  std::optional<std::size_t> restored = {};
};

// Adds an identity's certificates to DIR/crl.pem, on the list of the authority that signed each,
// and signs it anew; for key_compromise those of other names for the same keys, too; then tells the
// services and has each prove that it refuses. The files stay. A session that is open goes on at
// Mosquitto until it ends; the API ends it. Fails: usage, not_found (also of a list that got lost),
// crypto (passphrase), io, busy, child_failed and others of a reload, tls (a service still lets the
// identity in), and as Ledger; with these the list is written.
core::Result<RevokeReport> revoke(const RevokeOptions& options, const core::Clock& clock,
                                  const std::stop_token& stop);

// Signs the lists anew with what they hold, for a further 90 days, and tells the services. Where
// they got lost it fails with not_found, or begins them anew, if told so: see crl_anew.h.
core::Result<RevokeReport> refresh_list(const RevokeOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
