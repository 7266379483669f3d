// Files of the directory that others read under another name.
#pragma once

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::certs {

// Fails with unsupported where a symbolic link lies at `path`: a new file there replaces the link,
// and whoever reads the file behind it stays with the old one.
core::Result<void> check_not_linked(const core::Path& path);

}  // namespace wxsec::certs
