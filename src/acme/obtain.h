// A certificate from an ACME server, put to use like one of one's own authority.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/acme/issue.h"

namespace wxsec::acme {

struct ObtainOptions {
  RunOptions run = {};
  std::string name = {};  // the identity's folder; empty: the first domain
  Settings settings = {};
  bool agree_to_terms = false;
  const ExternalAccount* external = nullptr;
  std::string group = {};  // may read the key; empty: as it is, or nobody
};

// Keeps a certificate that has the same names, server and kind of key, whose key is there and which
// is not yet due; what changed in the settings is stored, and its group given the key, all the
// same. Fails before anything was issued: usage, busy (another run), and as open_account and
// obtain_chain; what came later is in the result.
core::Result<Obtained> obtain(const ObtainOptions& options, const core::Clock& clock,
                              const std::stop_token& stop);

// The name that an order for `domains` gets in DIR, and the domains in their usual form: lower
// case, each once. Fails with usage on wildcards (they need dns-01), addresses and what is no name.
struct Names {
  std::string identity;
  std::vector<std::string> domains;
};
core::Result<Names> usual_names(std::string_view name, const std::vector<std::string>& domains);

// Whether the leaf has just these names.
bool has_names(const pki::Certificate& leaf, const std::vector<std::string>& domains);

}  // namespace wxsec::acme
