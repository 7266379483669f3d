// Files are opened relative to their folder's descriptor, exclusively and without following links,
// so that nobody who can write into a directory above can redirect a key. The modes are set by
// fchmod on the open file: no umask widens or narrows them, and there is no moment in which a key
// is readable for more people than it will be.
#include "src/certs/generation.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "lib/core/fd.h"
#include "lib/core/owner.h"
#include "src/certs/generations.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

core::Result<core::Fd> open_folder(const core::Path& folder) {
  core::Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd) return fd;
  struct stat info {};
  if (::lstat(folder.c_str(), &info) == 0 && S_ISLNK(info.st_mode))
    return core::fail(
        core::Code::unsupported,
        fmt::format("{} is a symbolic link: keys are not written through it", folder.string()),
        "remove the link, or name the real directory with --dir");
  return core::fail(core::system_error(errno, "open directory", folder));
}

core::Result<void> write_all(const core::Fd& file, std::string_view content,
                             const core::Path& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(file.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return core::fail(core::system_error(errno, "write", path));
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

core::Result<void> set_mode(const core::Fd& file, mode_t mode, const core::Path& path) {
  if (::fchmod(file.get(), mode) == 0) return {};
  return core::fail(core::system_error(errno, "set the mode of", path));
}

core::Result<core::Fd> write_new(const core::Fd& folder, const core::Path& path, const char* name,
                                 std::string_view content, mode_t mode) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  core::Fd file(::openat(folder.get(), name, kFlags, mode));
  if (!file) return core::fail(core::system_error(errno, "create", path / name));
  WXSEC_TRY(write_all(file, content, path / name));
  return file;
}

// Created for its owner alone; the group's right comes after the group.
core::Result<void> write_key(const core::Fd& folder, const core::Path& path,
                             std::string_view content, const Access& access) {
  constexpr const char* kName = "privkey.pem";
  const core::Fd file = WXSEC_TRY(write_new(folder, path, kName, content, 0600));
  if (!access.owner) core::give_to_owner_of(path, file.get());
  constexpr auto kSame = static_cast<uid_t>(-1);  // of gid_t, too
  if ((access.owner || access.group) &&
      ::fchown(file.get(), access.owner.value_or(kSame), access.group.value_or(kSame)) != 0)
    return core::fail(core::system_error(
        errno, access.owner ? "give to its owner" : "give to the group", path / kName));
  if (access.key_mode != 0600) WXSEC_TRY(set_mode(file, access.key_mode, path / kName));
  return {};
}

bool has_mode(const core::Fd& file, mode_t mode) {
  struct stat info {};
  return ::fstat(file.get(), &info) == 0 && (info.st_mode & 0777U) == mode;
}

void remove_quietly(const core::Path& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

// What a killed run left behind: half-written generations and links that were not yet renamed.
void remove_left_overs(const core::Path& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (name.starts_with(".new-") || name.starts_with(".current.")) remove_quietly(folder / name);
}

// rename(2) of a directory fails where a non-empty one is, so a taken number is passed over.
core::Result<core::Path> take_number(const core::Path& folder, const core::Path& temporary,
                                     unsigned next) {
  for (unsigned number = next; number <= kMaxGeneration; ++number) {
    const core::Path target = folder / fmt::format("{:04}", number);
    if (::rename(temporary.c_str(), target.c_str()) == 0) return target;
    if (errno != EEXIST && errno != ENOTEMPTY)
      return core::fail(core::system_error(errno, "rename", temporary));
  }
  return core::fail(core::Code::too_large,
                    fmt::format("{} has no generation number left", folder.string()));
}

core::Result<void> sync_file_system(const core::Path& dir) {
  const core::Fd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return core::fail(core::system_error(errno, "open directory", dir));
  if (::syncfs(fd.get()) != 0) return core::fail(core::system_error(errno, "sync", dir));
  return {};
}

// core::swap_symlink without its sync: commit() syncs once for all. Where there is no link yet,
// which is the case of a fleet, none has to be replaced.
core::Result<void> swap_link(const core::Path& generation) {
  const core::Path folder = generation.parent_path();
  if (::symlink(generation.filename().c_str(), (folder / "current").c_str()) == 0) return {};
  const core::Path temporary = folder / fmt::format(".current.{}", ::getpid());
  ::unlink(temporary.c_str());
  if (::symlink(generation.filename().c_str(), temporary.c_str()) != 0)
    return core::fail(core::system_error(errno, "create", temporary));
  if (::rename(temporary.c_str(), (folder / "current").c_str()) == 0) return {};
  const int reason = errno;
  ::unlink(temporary.c_str());
  return core::fail(core::system_error(reason, "replace", folder / "current"));
}

}  // namespace

// True when it was not there before.
core::Result<bool> Installer::make_folder(const core::Path& folder, mode_t mode) {
  int made = ::mkdir(folder.c_str(), mode);
  if (made != 0 && errno == ENOENT) {
    WXSEC_TRY(core::make_directories(folder.parent_path(), 0755));
    const core::Fd above = WXSEC_TRY(open_folder(folder.parent_path()));
    core::give_to_owner_of(folder.parent_path().parent_path(), above.get());
    made = ::mkdir(folder.c_str(), mode);
  }
  if (made == 0) {
    if (umask_ != Umask::mild && ::chmod(folder.c_str(), mode) != 0)
      return core::fail(core::system_error(errno, "set the mode of", folder));
    const core::Fd made_now = WXSEC_TRY(open_folder(folder));
    core::give_to_owner_of(folder.parent_path(), made_now.get());
    return true;
  }
  if (errno == EEXIST) return false;
  return core::fail(core::system_error(errno, "create directory", folder));
}

core::Result<void> Installer::write_pair(const core::Path& folder, const PairText& pair,
                                         const Access& access) {
  const core::Fd fd = WXSEC_TRY(open_folder(folder));
  // The owner of the identity's folder goes on with what root made in it.
  core::give_to_owner_of(folder.parent_path(), fd.get());
  if (umask_ == Umask::unknown && access.folder_mode == 0755)
    umask_ = has_mode(fd, 0755) ? Umask::mild : Umask::strict;
  if (!pair.key.empty())  // none: its holder keeps it, see sign.h
    WXSEC_TRY(write_key(fd, folder, pair.key, access));
  const std::string full = std::string(pair.leaf).append(pair.chain);
  const std::pair<const char*, std::string_view> others[] = {
      {"cert.pem", pair.leaf}, {"chain.pem", pair.chain}, {"fullchain.pem", full}};
  for (const auto& [name, content] : others) {
    const core::Fd file = WXSEC_TRY(write_new(fd, folder, name, content, 0644));
    core::give_to_owner_of(folder, file.get());
    if (umask_ != Umask::mild) WXSEC_TRY(set_mode(file, 0644, folder / name));
  }
  if (umask_ == Umask::mild && access.folder_mode == 0755) return {};
  return set_mode(fd, access.folder_mode, folder);
}

core::Result<core::Path> Installer::stage(const core::Path& folder, const Pair& pair,
                                          const Access& access) {
  const std::string leaf = pki::to_pem(pair.chain.front());
  const std::string chain =
      pki::to_pem(std::vector<pki::Certificate>(pair.chain.begin() + 1, pair.chain.end()));
  return stage(folder, PairText{leaf, chain, pair.key_pem.reveal()}, access);
}

core::Result<core::Path> Installer::stage(const core::Path& folder, const PairText& pair,
                                          const Access& access) {
  unsigned next = 1;
  if (!WXSEC_TRY(make_folder(folder, access.folder_mode))) {
    WXSEC_TRY(open_folder(folder));  // refuses a symbolic link
    const auto names = WXSEC_TRY(core::list_directory(folder));
    remove_left_overs(folder, names);
    for (const std::string& name : names)
      next = std::max(next, generation_number(name).value_or(0) + 1);
  }
  const core::Path temporary = folder / fmt::format(".new-{}", ::getpid());
  if (::mkdir(temporary.c_str(), access.folder_mode) != 0)
    return core::fail(core::system_error(errno, "create directory", temporary));
  auto written = write_pair(temporary, pair, access);
  if (!written) {
    remove_quietly(temporary);
    return core::fail(written.error());
  }
  auto generation = take_number(folder, temporary, next);
  if (!generation) {
    remove_quietly(temporary);
    return generation;
  }
  staged_.push_back(*generation);
  return generation;
}

void Installer::absorb(Installer&& other) {
  staged_.insert(staged_.end(), std::make_move_iterator(other.staged_.begin()),
                 std::make_move_iterator(other.staged_.end()));
  other.staged_.clear();
}

core::Result<void> Installer::sync() const {
  return staged_.empty() ? core::Result<void>() : sync_file_system(staged_.front());
}

core::Result<void> Installer::link() {
  if (staged_.empty()) return {};
  for (const core::Path& generation : staged_) WXSEC_TRY(swap_link(generation));
  const core::Path anywhere = staged_.front();
  staged_.clear();
  return sync_file_system(anywhere);
}

core::Result<void> Installer::commit() {
  WXSEC_TRY(sync());
  return link();
}

}  // namespace wxsec::certs
