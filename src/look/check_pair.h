// Beyond the certificate itself: whether what a service loads is that certificate, and whether
// there is anything to load at all. For check.cpp alone.
#pragma once

#include <string>
#include <vector>

#include "src/certs/layout.h"
#include "src/look/check.h"

namespace wxsec::certs {

// Services load fullchain.pem: it must begin with the certificate that cert.pem holds. Makes a fine
// item broken where it does not. An authority's is loaded by nobody.
void check_fullchain(const core::Path& generation, CheckItem& item);

// Breaks an item of an identity whose key was there and is not: no service can use it. The holder
// of a signing request keeps his own; then the item says that.
void check_key_there(const core::Path& folder, const core::Path& generation, CheckItem& item);

// Identities that nothing of ours reaches, one broken item each: the link `current` is gone, or
// another one of the same name goes before it.
std::vector<CheckItem> out_of_reach(const Layout& layout);

}  // namespace wxsec::certs
