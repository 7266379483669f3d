// Each change goes by the open file and through 0600: there is no moment in which a key is readable
// for more people than before and after.
#include "src/certs/key_access.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "lib/core/escape.h"
#include "lib/core/fd.h"
#include "lib/core/number.h"
#include "src/certs/generations.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

struct OpenKey {
  core::Path path;
  core::Fd file;
  struct stat info {};
};

core::Result<OpenKey> open_key(const core::Path& path) {
  OpenKey key{path, core::Fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)), {}};
  if (!key.file) return core::fail(core::system_error(errno, "open", path));
  if (::fstat(key.file.get(), &key.info) != 0)
    return core::fail(core::system_error(errno, "look at", path));
  return key;
}

// An owner of -1 stays who he is.
core::Result<bool> give(const OpenKey& key, uid_t owner, gid_t group, mode_t mode) {
  constexpr auto kSame = static_cast<uid_t>(-1);
  const uid_t new_owner = owner == key.info.st_uid ? kSame : owner;
  if (new_owner == kSame && key.info.st_gid == group && (key.info.st_mode & 0777U) == mode)
    return false;
  if (::fchmod(key.file.get(), 0600) != 0)
    return core::fail(core::system_error(errno, "set the mode of", key.path));
  if (::fchown(key.file.get(), new_owner, group) != 0) {
    const core::Error error = core::system_error(errno, "give to the group", key.path);
    ::fchmod(key.file.get(), key.info.st_mode & 0777U);
    return core::fail(error);
  }
  if (::fchmod(key.file.get(), mode) != 0)
    return core::fail(core::system_error(errno, "set the mode of", key.path));
  return true;
}

}  // namespace

core::Result<gid_t> find_group(std::string_view name_or_number) {
  const auto number = core::parse_number<gid_t>(name_or_number, 0, 0xFFFF'FFFEU);
  if (number) return *number;
  std::array<char, 16 * 1024> buffer{};
  struct group entry {};
  struct group* found = nullptr;
  const std::string name(name_or_number);
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr)
    return found->gr_gid;
  return core::fail(core::Code::usage,
                    fmt::format("there is no group '{}'", core::escape_terminal(name)),
                    "see 'getent group' for those of this machine");
}

Access access_of(const core::Path& folder) {
  Access access;
  struct stat info {};
  if (::stat(folder.c_str(), &info) == 0) access.folder_mode = info.st_mode & 0777U;
  if (::stat(files_in(folder / "current").key.c_str(), &info) != 0) return access;
  access.key_mode = info.st_mode & 0640U;
  if ((access.key_mode & 0040U) != 0) access.group = info.st_gid;
  if (::geteuid() == 0) access.owner = info.st_uid;
  return access;
}

core::Result<bool> share_key(const core::Path& path, gid_t group) {
  const OpenKey key = WXSEC_TRY(open_key(path));
  return give(key, key.info.st_uid, group, 0640);
}

core::Result<bool> share_all_keys(const core::Path& folder, gid_t group) {
  bool changed = false;
  for (const std::string& generation : generations_in(folder)) {
    const core::Path key = files_in(folder / generation).key;
    if (core::path_exists(key)) changed = WXSEC_TRY(share_key(key, group)) || changed;
  }
  return changed;
}

core::Result<void> hand_on_access(const core::Path& from, const core::Path& to) {
  const core::Path old_path = files_in(from).key;
  const core::Path new_path = files_in(to).key;
  if (!core::path_exists(old_path) || !core::path_exists(new_path)) return {};
  struct stat old {};
  if (::lstat(old_path.c_str(), &old) != 0 || !S_ISREG(old.st_mode)) return {};
  const OpenKey new_key = WXSEC_TRY(open_key(new_path));
  // The group could read it once: whoever took that from the other one may have caused the outage.
  if ((new_key.info.st_mode & S_IRGRP) != 0 && (old.st_mode & S_IRGRP) == 0) return {};
  WXSEC_TRY(give(new_key, old.st_uid, old.st_gid, old.st_mode & 0640U));
  return {};
}

}  // namespace wxsec::certs
