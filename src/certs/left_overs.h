// What killed runs left in a certificate directory.
#pragma once

#include "src/certs/layout.h"

namespace wxsec::certs {

// Removes half-written files of the directory itself (".crl.pem.4711-0.tmp"). The caller holds its
// lock, so none of them is anybody's. Those of the identities go with their next generation.
void remove_left_overs(const Layout& layout);

}  // namespace wxsec::certs
