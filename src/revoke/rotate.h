// A new authority takes over from the old one, and nobody who is valid is ever shut out:
//
//     step 1   A -> A+B   make B; ca.pem holds both, and the services are told
//              (the operator brings the new ca.pem to the devices)
//     step 2   A+B        B signs: services first, each proven by its served serial, then clients
//              (the operator brings the new certificates to the devices)
//     step 3   A+B -> B   ca.pem holds B alone; clients of A are refused, and that is proven, too
//
// Each step can be run again, also after it was killed half-way: it goes on where it was.
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
#include "src/certs/service.h"
#include "src/renew/renew.h"

namespace wxsec::certs {

enum class RotationStep { trust_both, reissue, trust_new };
// "trust-both", "reissue", "trust-new".
std::string_view rotation_step_text(RotationStep step);
core::Result<RotationStep> parse_rotation_step(std::string_view text);

struct RotateOptions {
  core::Path dir = "certs";
  // Nothing: the next one. The one that was done last may be repeated; others are refused.
  std::optional<RotationStep> step = {};
  bool automatic = false;  // all that are left, one after the other
  bool status_only = false;
  // Goes on though no service was told of both authorities, nor has proven that it trusts both; and
  // takes the trust from A though a server was not told of its certificate of B.
  bool untold = false;
  // Reloads and URLs. Where step 1 had none, those of a later step are told of both first.
  std::vector<Service> services = {};
  std::chrono::milliseconds verify_within = std::chrono::seconds{10};
  // Of the old keys, and for the new ones where the old ones are encrypted.
  core::Passphrase ca_passphrase = {};
  // Called as things happen; may be empty.
  std::function<void(std::string_view what)> on_progress = {};
};

// A certificate that its holder has as a file (`certs sign --out`).
struct HandedOut {
  std::string name = {};
  std::string serial = {};
  core::Instant not_after = {};
};

struct RotateReport {
  std::string trust = {};                 // what ca.pem holds now: "A", "A+B", "B"
  std::vector<RotationStep> done = {};    // in this run
  std::optional<RotationStep> next = {};  // nothing: the roll-over is over, or never began
  bool under_way = false;
  bool told = false;                              // see RotationState
  std::optional<core::Instant> rests_until = {};  // nothing was begun: the last one ended just now
  std::string old_root = {};                      // common names
  std::string new_root = {};
  std::vector<std::string> proofs = {};      // "mqtts://localhost:8883 lets in a client of B"
  std::vector<std::string> not_proven = {};  // what nobody asked for, or could be asked
  std::optional<RenewReport> reissued = {};
  std::vector<std::string> untold = {};    // see RotationState
  std::vector<std::string> revoked = {};   // identities that were not moved: they were revoked
  std::vector<HandedOut> handed_out = {};  // of the old authority, told by steps 2 and 3
  std::vector<std::string> old_keys = {};  // files that nobody needs any more
};

// Fails: usage (not that step's turn, or not all were told of the one before), not_found (no
// authority), crypto (passphrase), unsupported (the root's key is far away), tls (a service does
// not do what it should: state and files stay, run it again), child_failed and others of a reload,
// io, busy, interrupted.
core::Result<RotateReport> rotate(const RotateOptions& options, const core::Clock& clock,
                                  const std::stop_token& stop);

}  // namespace wxsec::certs
