// DIR/crl.pem begun anew where it got lost or was damaged, from what the ledger knows.
#pragma once

#include <cstddef>

#include "lib/core/clock.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

// Whether this error of reading a list says that what lies there is none: damaged, or empty.
bool is_none(const core::Error& error);

// Makes the lists that are missing, of every authority that DIR/ca.pem trusts and whose key is
// here; lists that are there stay as they are, but for a root's that ran out or will do so before
// the authority below it (root_list.h tells of one that is wrong afterwards, too). A file that is
// no list counts as lost, and is moved aside to DIR/crl.pem.broken. Returns how many revocations
// the ledger knew of. Whoever was revoked and is not among them is let in again: revoked by a wxsec
// before it kept them, or where the ledger got lost, too. The caller holds the directory's lock.
// Fails: exists (nothing is missing), not_found (no issuing authority, or the key that is to sign
// is not here; a root's holds up no other list), crypto (passphrase), permission, and as Ledger:
// where both are damaged, nothing is replaced.
core::Result<std::size_t> begin_lists_anew(const Layout& layout, const core::Passphrase& passphrase,
                                           core::Instant now);

}  // namespace wxsec::certs
