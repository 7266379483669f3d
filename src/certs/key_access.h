// Who owns a key and who may read it: as its folder's keys are to be written (generation.h), and
// mended for those that are there already.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::certs {

// Kept over renewals by access_of().
struct Access {
  mode_t key_mode = 0600;
  std::optional<gid_t> group;
  mode_t folder_mode = 0755;
  // Of the key, if root writes it; nobody: who owns the folder.
  std::optional<uid_t> owner = {};
};

// "mosquitto" or "115" as a group. Fails with usage when there is none.
core::Result<gid_t> find_group(std::string_view name_or_number);

// Mode, group and owner of the key that is current in `folder`; the defaults if none is. A
// service's own key ("chown mosquitto", 0600) stays its own when root renews it, and root's own,
// too.
Access access_of(const core::Path& folder);

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
