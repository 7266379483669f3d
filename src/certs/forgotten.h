// Revocations that the ledger knows and crl.pem does not: the list came back from an older backup,
// and lets in again whoever was revoked since.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/core/result.h"
#include "lib/pki/crl.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// By the issuer's key id, of authorities that have a list among `lists`. Nothing where there is no
// ledger. Fails as Ledger.
core::Result<std::map<std::string, std::vector<pki::Revoked>>> forgotten_by(
    const Layout& layout, const std::vector<pki::Crl>& lists);

}  // namespace wxsec::certs
