// Each change goes by the open file and through 0600: there is no moment in which a key is readable
// for more people than before and after.
//
// The directory may be somebody else's who is hostile, and root at work in it. So nothing is found
// twice by its name, no link is followed below DIR, and a key that its owner need not have put
// where it lies is left alone.
#include "src/certs/key_access.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "lib/core/escape.h"
#include "lib/core/fd.h"
#include "lib/core/number.h"
#include "src/certs/generations.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

core::Result<core::Fd> open_directory(const core::Fd& above, const core::Path& path,
                                      std::string_view name) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  core::Fd fd(::openat(above.get(), std::string(name).c_str(), kFlags));
  if (fd) return fd;
  const int reason = errno;  // ENOTDIR, also of a link
  std::error_code ignored;
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(path, ignored)))
    return core::fail(
        core::Code::unsupported,
        fmt::format("{} is a symbolic link: no right to a key is given through it", path.string()),
        "give it by hand where the key lies, with chgrp and chmod; or remove the link");
  return core::fail(core::system_error(reason, "open directory", path));
}

// DIR is what the user named, whatever it is; DIR/stations and the identity's folder are in the
// hands of whoever owns DIR.
core::Result<core::Fd> open_folder(const core::Path& folder) {
  const core::Path parent = folder.parent_path();
  const bool station = Layout(parent.parent_path()).stations() == parent;
  const core::Path given = station ? parent.parent_path() : parent;
  core::Fd above(::open(given.empty() ? "." : given.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!above) return core::fail(core::system_error(errno, "open directory", given));
  if (station) above = WXSEC_TRY(open_directory(above, parent, parent.filename().string()));
  return open_directory(above, folder, folder.filename().string());
}

struct OpenKey {
  core::Path path;
  core::Fd file;
  struct stat info {};
};

// Whether the key is its owner's own: nobody else could have put it where it lies. Whoever owns the
// directory can move a key of another one there, or link to it; so can all who may write to it.
bool is_in_its_place(const struct stat& directory, const struct stat& key) {
  const bool ours = directory.st_uid == key.st_uid || directory.st_uid == ::geteuid();
  return ours && (key.st_nlink == 1 || (directory.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

// Nothing where no key lies. Not blocked by a pipe in its place.
core::Result<std::optional<OpenKey>> open_key(const core::Fd& folder,
                                              const core::Path& generation) {
  OpenKey key{files_in(generation).key, {}, {}};
  const core::Fd directory =
      WXSEC_TRY(open_directory(folder, generation, generation.filename().string()));
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  key.file = core::Fd(::openat(directory.get(), key.path.filename().c_str(), kFlags));
  if (!key.file && errno == ENOENT) return std::optional<OpenKey>();
  if (!key.file) return core::fail(core::system_error(errno, "open", key.path));
  struct stat above {};
  if (::fstat(key.file.get(), &key.info) != 0 || ::fstat(directory.get(), &above) != 0)
    return core::fail(core::system_error(errno, "look at", key.path));
  if (!S_ISREG(key.info.st_mode))
    return core::fail(core::Code::unsupported, fmt::format("{} is no file", key.path.string()),
                      "put the key itself there");
  if (is_in_its_place(above, key.info)) return std::optional<OpenKey>(std::move(key));
  return core::fail(
      core::Code::unsupported,
      fmt::format("{} belongs to somebody else than the directory that it lies in, or has a second "
                  "place: no right to it is given",
                  key.path.string()),
      "if it is the right key, give it to the directory's owner by hand: chown");
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

core::Result<bool> share_all_keys(const core::Path& folder, gid_t group) {
  const core::Fd opened = WXSEC_TRY(open_folder(folder));
  bool changed = false;
  for (const std::string& generation : generations_in(folder)) {
    const auto key = WXSEC_TRY(open_key(opened, folder / generation));
    if (key) changed = WXSEC_TRY(give(*key, key->info.st_uid, group, 0640)) || changed;
  }
  return changed;
}

core::Result<void> hand_on_access(const core::Path& folder, std::string_view from,
                                  std::string_view to) {
  const core::Fd opened = WXSEC_TRY(open_folder(folder));
  const auto old_key = WXSEC_TRY(open_key(opened, folder / from));
  const auto new_key = WXSEC_TRY(open_key(opened, folder / to));
  if (!old_key || !new_key) return {};
  const struct stat& old = old_key->info;
  // The group could read it once: whoever took that from the other one may have caused the outage.
  if ((new_key->info.st_mode & S_IRGRP) != 0 && (old.st_mode & S_IRGRP) == 0) return {};
  WXSEC_TRY(give(*new_key, old.st_uid, old.st_gid, old.st_mode & 0640U));
  return {};
}

}  // namespace wxsec::certs
