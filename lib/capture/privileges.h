// Root is needed to open a capture device, and for nothing after that.
#pragma once

#include <string>

#include "lib/core/result.h"

namespace wxsec::capture {

// Gives up what this process can do beyond an ordinary user, for good: root of the machine becomes
// the user who called sudo, or else nobody; root of a user namespace (who is an ordinary user
// outside) and others with capabilities lose them. In all threads. Returns a
// sentence for people ("now running as nobody (uid 65534)"), empty if there was nothing to drop.
// Fails: permission, where something could be regained; then the caller must not go on.
core::Result<std::string> drop_privileges();

}  // namespace wxsec::capture
