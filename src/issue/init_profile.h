// Profiles of what `certs init` makes: a file in the directory may say how, but not that it is
// something else.
#pragma once

#include <string_view>

#include "lib/core/file.h"
#include "src/certs/profile.h"

namespace wxsec::certs {

// As find_profile(). Fails with usage also where the profile would make a root that may have no
// issuing authority, a broker that may not serve, and the like; names the file.
core::Result<Profile> find_init_profile(const core::Path& dir, std::string_view name);

}  // namespace wxsec::certs
