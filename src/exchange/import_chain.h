// The chain of an imported certificate: completed, and judged.
#pragma once

#include <vector>

#include "src/exchange/import.h"

namespace wxsec::certs {

// Lengthens `out.chain` by issuers among `given`, then of the directory, then of the system's
// store, as far as it goes; notes where they were found.
void complete(Imported& out, std::vector<pki::Certificate> given, const Layout& layout);

// By the roots that somebody vouches for by having given them, or having them installed, and by
// what the directory revoked.
pki::Verdict judged(const Imported& out, const Layout& layout, core::Instant now);

}  // namespace wxsec::certs
