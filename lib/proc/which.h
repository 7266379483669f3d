// Finding external programs.
#pragma once

#include <string>
#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::proc {

// The executable `name` in $PATH, then in /usr/local/sbin, /usr/sbin and /sbin, which ordinary
// users' PATH leaves out though Debian installs mosquitto and nginx there. A name with '/' is taken
// as it is. Fails with missing_program; the hint names the Debian package `package`.
core::Result<core::Path> which(std::string_view name, std::string_view package);

}  // namespace wxsec::proc
