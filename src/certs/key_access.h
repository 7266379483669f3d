// Who may read a key that is there already. Keys are written with their right access
// (generation.h); this is for those that were made before somebody was let in.
#pragma once

#include <sys/types.h>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::certs {

// Lets the group read an existing private key: 0640, first the group and then the mode, so that
// no other group ever can. False if it was so already. Fails: not_found, permission (not ours to
// give), unsupported where a symbolic link lies in the key's place.
core::Result<bool> share_key(const core::Path& key, gid_t group);

// The same for all generations in `folder` that have a key: also those that it may go back to.
core::Result<bool> share_all_keys(const core::Path& folder, gid_t group);

// Gives `to`'s key the owner, group and mode of `from`'s, both generations; nothing where one has
// no key. Fails as share_key().
core::Result<void> hand_on_access(const core::Path& from, const core::Path& to);

}  // namespace wxsec::certs
