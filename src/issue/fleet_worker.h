// One thread of a fleet: makes keys, has them signed and writes them, with everything looked up
// once. For fleet.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "lib/pki/issue.h"
#include "lib/pki/key.h"
#include "src/certs/authority.h"
#include "src/certs/generation.h"
#include "src/certs/key_access.h"
#include "src/certs/ledger.h"
#include "src/issue/fleet.h"

namespace wxsec::certs {

// What all threads share and none changes.
struct FleetPlan {
  const FleetOptions& options;
  Layout layout;
  Profile profile;
  Access access;
  core::Instant now;
  std::string chain_pem;      // what stands behind every leaf
  std::string issuer_key_id;  // who signs it

  unsigned size() const;
  FleetMember member(unsigned index) const;  // from 0
  core::Path folder_of(const std::string& name) const;
};

class FleetWorker {
 public:
  static core::Result<FleetWorker> create(const FleetPlan& plan, const pki::Issuer& issuer);

  // Key, certificate and files of one member; not yet in the ledger and not yet in use.
  core::Result<void> make(const FleetMember& member);

  Installer take_staged() { return std::exchange(installer_, Installer()); }
  std::vector<LedgerRow> take_rows() { return std::exchange(rows_, {}); }
  unsigned take_renamed() { return std::exchange(renamed_, 0); }

 private:
  FleetWorker(const FleetPlan& plan, pki::Issuer issuer, pki::KeyMaker keys)
      : plan_(&plan), issuer_(std::move(issuer)), keys_(std::move(keys)) {}

  const FleetPlan* plan_;
  pki::Issuer issuer_;
  pki::KeyMaker keys_;
  Installer installer_;
  std::vector<LedgerRow> rows_;
  unsigned renamed_ = 0;
};

}  // namespace wxsec::certs
