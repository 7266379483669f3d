// What root makes in a directory of somebody else: given to him, so that he can go on with it.
#pragma once

#include <sys/types.h>

#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::core {

// Gives an open file or directory of root's that was just made in `folder` to the owner of
// `folder`. `made` names it in the error. Nothing where we are not root, where the folder is
// root's, or where the file has another place, too. Fails with permission.
Result<void> give_to_owner_of(const Path& folder, int fd, const Path& made);

// Before `made` is renamed over `old`: gives it to the owner of `old`, where everybody may read it.
// What only few may read is no business of whoever laid a file in its place. Fails with permission;
// `made` is then removed.
Result<void> keep_owner(const Path& old, const Path& made, mode_t mode);

}  // namespace wxsec::core
