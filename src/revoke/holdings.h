// Which certificates are in force for an identity, and which others would stay so if only its own
// were revoked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// A certificate that has not ended.
struct Living {
  std::string serial;
  std::string issuer_key_id;
  std::string name;  // the identity
};

struct Holdings {
  std::vector<Living> own = {};
  std::vector<Living> same_key = {};   // of other names, for a key that it has or had
  std::vector<Living> same_name = {};  // of other identities whose common name is its name
  std::vector<Living> shared = {};     // of those above, what other identities show as well
  core::Result<void> ledger = {};      // how looking into it went; the rest is by the folders
};

Holdings holdings_of(const Layout& layout, const std::string& name, core::Instant now);

}  // namespace wxsec::certs
