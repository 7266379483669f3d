// What root makes in a directory of somebody else: given to him, so that he can go on with it. A
// courtesy: where it is not ours to give (no CAP_CHOWN, an owner whom a user namespace does not
// know) it stays root's.
//
// That somebody may be hostile, and may move files about while we work. So only what was just made
// is given, by its descriptor, never by name: a key of root's, moved into its place, must not be
// handed over.
#pragma once

#include <sys/types.h>

#include <optional>

#include "lib/core/file.h"

namespace wxsec::core {

// Gives `fd` to the owner of `folder`: a file that this process has just created there with O_EXCL,
// or a directory that it has just made, which is left alone if anything is in it. Nothing where we
// are not root, where the folder is root's, or where the file has another place, too.
void give_to_owner_of(const Path& folder, int fd);

struct Owner {
  uid_t user;
  gid_t group;
};

// Whose a file is that is about to be replaced by root, if it is somebody else's. Nothing where the
// new one is not for everybody to read: what only few may read is no business of whoever laid a
// file in its place.
std::optional<Owner> owner_to_keep(const Path& old, mode_t new_mode);

}  // namespace wxsec::core
