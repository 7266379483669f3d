#include "lib/core/owner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace wxsec::core {

Result<void> keep_owner(const Path& old, const Path& made, mode_t mode) {
  struct stat info {};
  if (::geteuid() != 0 || (mode & S_IROTH) == 0 || ::lstat(old.c_str(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode) || info.st_uid == 0) return {};
  if (::lchown(made.c_str(), info.st_uid, info.st_gid) == 0) return {};
  const int reason = errno;
  ::unlink(made.c_str());
  return fail(system_error(reason, "give to its owner", old));
}

Result<void> give_to_owner_of(const Path& folder, int fd, const Path& made) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(folder.empty() ? "." : folder.c_str(), &owner) != 0) return {};
  struct stat now {};
  if (owner.st_uid == 0 || ::fstat(fd, &now) != 0 || now.st_uid != 0) return {};
  if (S_ISREG(now.st_mode) && now.st_nlink != 1) return {};  // has another place, too
  if (::fchown(fd, owner.st_uid, owner.st_gid) == 0) return {};
  return fail(system_error(errno, "give to its owner", made));
}

}  // namespace wxsec::core
