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

// Lets the group read the keys of all generations in `folder`, also those that it may go back to:
// 0640, first the group and then the mode, so that no other group ever can. False if it was so
// already. Follows no link, and gives no right to a key that lies in the directory of another owner
// than its own and ours. Fails: not_found, permission (not ours to give), unsupported (those).
core::Result<bool> share_all_keys(const core::Path& folder, gid_t group);

// Gives the key of generation `to` in `folder` ("0001") the owner, group and mode of `from`'s;
// nothing where one has no key. Fails as share_all_keys().
core::Result<void> hand_on_access(const core::Path& folder, std::string_view from,
                                  std::string_view to);

}  // namespace wxsec::certs
