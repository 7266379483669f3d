// Beyond the certificate itself: whether what a service loads is that certificate, and whether
// there is anything to load at all. For check.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "src/certs/generation.h"
#include "src/certs/layout.h"
#include "src/look/check.h"

namespace wxsec::certs {

// Services load fullchain.pem: it must begin with the certificate that cert.pem holds. Makes a fine
// item broken where it does not. An authority's is loaded by nobody.
void check_fullchain(const core::Path& generation, CheckItem& item);

// Identities whose link `current` is gone, so that nobody can load anything of theirs: one broken
// item each.
std::vector<CheckItem> without_current(const Layout& layout);

}  // namespace wxsec::certs
