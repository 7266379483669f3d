#include "lib/core/owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string_view>

namespace wxsec::core {
namespace {

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

bool is_empty_directory(int fd) {
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(::openat(fd, ".", O_RDONLY | O_CLOEXEC)));
  if (!dir) return false;
  while (const dirent* const entry = ::readdir(dir.get())) {
    const std::string_view name = &entry->d_name[0];
    if (name != "." && name != "..") return false;
  }
  return true;
}

bool is_fresh(int fd, const struct stat& info) {
  return S_ISDIR(info.st_mode) ? is_empty_directory(fd) : info.st_nlink == 1;
}

}  // namespace

std::optional<Owner> owner_to_keep(const Path& old, mode_t new_mode) {
  struct stat info {};
  if (::geteuid() != 0 || (new_mode & S_IROTH) == 0 || ::lstat(old.c_str(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode) || info.st_uid == 0) return {};
  return Owner{info.st_uid, info.st_gid};
}

void give_to_owner_of(const Path& folder, int fd) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(folder.empty() ? "." : folder.c_str(), &owner) != 0) return;
  struct stat now {};
  if (owner.st_uid == 0 || ::fstat(fd, &now) != 0 || now.st_uid != 0 || !is_fresh(fd, now)) return;
  if (::fchown(fd, owner.st_uid, owner.st_gid) != 0) return;  // it stays ours
}

}  // namespace wxsec::core
