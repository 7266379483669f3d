// Which certificate directory a file lies in, for remedies that can be pasted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/file.h"

namespace wxsec::certs {

struct Place {
  core::Path dir = {};    // the certificate directory
  std::string name = {};  // the identity whose file it is; "" of crl.pem and the like
};

// By the folders above `file`: the nearest one that holds an issuing authority. Nothing where there
// is none.
std::optional<Place> place_of(const core::Path& file);

// The certificate directory that `path` is or lies in, by what everybody may see of it: the nearest
// folder with a ca.pem and the folder of an issuing authority. Nothing where there is none.
std::optional<core::Path> trusted_dir_above(const core::Path& path);

// `hint` with its DIR, NAME and PROFILE (by which NAME was made) filled in; where the place is not
// known, with a word on what DIR is.
std::string placed(std::string_view hint, const std::optional<Place>& place);
// The error of something that was done in `dir`.
core::Failure failure_in(core::Error error, const core::Path& dir);

}  // namespace wxsec::certs
