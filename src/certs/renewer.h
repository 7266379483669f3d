// Who renews an identity that another authority issued, by what its maker left in the folder:
// `certs acme obtain` its settings, certbot's hook its state.
#pragma once

#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::certs {

inline constexpr const char* kAcmeFile = "acme.json";
inline constexpr const char* kCertbotFile = "hook.json";

// For an identity whose certificate was replaced by one from elsewhere: those files are renamed to
// NAME.replaced, so that nobody renews it the old way. Returns which. Fails: permission, io.
core::Result<std::vector<std::string>> dismiss_renewers(const core::Path& folder);

}  // namespace wxsec::certs
