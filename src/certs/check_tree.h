// The certificate files below an ordinary directory. For check.cpp alone.
#pragma once

#include <vector>

#include "lib/core/error.h"
#include "lib/core/file.h"

namespace wxsec::certs {

struct Tree {
  std::vector<core::Path> files = {};      // sorted; also links that lead nowhere, to be told about
  std::vector<core::Error> troubles = {};  // directories that could not be read, limits reached
};

// Files ending in .pem, .crt, .cer, .der and .crl, down to eight levels; links to directories are
// not followed. What could not be looked at is a trouble and never left out in silence.
Tree certificate_files_below(const core::Path& dir);

}  // namespace wxsec::certs
