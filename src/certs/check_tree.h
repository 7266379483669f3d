// What there is to look at in a directory, and what may not be looked at: for check, lint, inspect.
#pragma once

#include <string>
#include <vector>

#include "lib/core/error.h"
#include "lib/core/file.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

struct Tree {
  std::vector<core::Path> files = {};      // sorted; also links that lead nowhere, to be told about
  std::vector<core::Error> troubles = {};  // directories that could not be read, limits reached
};

// ".pem" of "OLD.PEM".
std::string lower_extension(const core::Path& path);

// Files ending in .pem, .crt, .cer, .der and .crl, in capitals as well, down to eight levels. Links
// to directories are followed where these are not in the tree anyway, one level deep. What could
// not be looked at, or lies deeper behind a link and may be a certificate, is a trouble and never
// left out in silence.
Tree certificate_files_below(const core::Path& dir);

struct ClosedFolder {
  core::Path path = {};
  core::Error error = {};  // names it
};

// Folders of a certificate directory, or of its stations, that this user may not enter. What is in
// them he cannot judge, and must not be told that all is fine.
std::vector<ClosedFolder> closed_folders(const Layout& layout);

}  // namespace wxsec::certs
