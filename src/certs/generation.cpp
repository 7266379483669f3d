// Files are opened relative to their folder's descriptor, exclusively and without following links,
// so that nobody who can write into a directory above can redirect a key. The modes are set by
// fchmod on the open file: no umask widens or narrows them, and there is no moment in which a key
// is readable for more people than it will be.
#include "src/certs/generation.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "lib/core/escape.h"
#include "lib/core/fd.h"
#include "lib/core/number.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

constexpr unsigned kMaxGeneration = 99'999;
constexpr const char* kRolledBackFile = "rolled-back";
constexpr std::string_view kByHand = "by hand\n";
constexpr std::string_view kByFailure = "by failure\n";
constexpr std::size_t kMaxMark = 64;

std::optional<unsigned> generation_number(std::string_view name) {
  if (name.size() < 4) return std::nullopt;
  return core::parse_number<unsigned>(name, 1, kMaxGeneration);
}

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

struct FileAccess {
  mode_t mode = 0644;
  std::optional<gid_t> group;
};

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
  if (access.group && ::fchown(file.get(), static_cast<uid_t>(-1), *access.group) != 0)
    return core::fail(core::system_error(errno, "give to the group", path / kName));
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
  return access;
}

// True when it was not there before.
core::Result<bool> Installer::make_folder(const core::Path& folder, mode_t mode) {
  int made = ::mkdir(folder.c_str(), mode);
  if (made != 0 && errno == ENOENT) {
    WXSEC_TRY(core::make_directories(folder.parent_path(), 0755));
    made = ::mkdir(folder.c_str(), mode);
  }
  if (made == 0) {
    if (umask_ != Umask::mild && ::chmod(folder.c_str(), mode) != 0)
      return core::fail(core::system_error(errno, "set the mode of", folder));
    return true;
  }
  if (errno == EEXIST) return false;
  return core::fail(core::system_error(errno, "create directory", folder));
}

core::Result<void> Installer::write_pair(const core::Path& folder, const PairText& pair,
                                         const Access& access) {
  const core::Fd fd = WXSEC_TRY(open_folder(folder));
  if (umask_ == Umask::unknown && access.folder_mode == 0755)
    umask_ = has_mode(fd, 0755) ? Umask::mild : Umask::strict;
  if (!pair.key.empty())  // none: its holder keeps it, see sign.h
    WXSEC_TRY(write_key(fd, folder, pair.key, access));
  const std::string full = std::string(pair.leaf).append(pair.chain);
  const std::pair<const char*, std::string_view> others[] = {
      {"cert.pem", pair.leaf}, {"chain.pem", pair.chain}, {"fullchain.pem", full}};
  for (const auto& [name, content] : others) {
    const core::Fd file = WXSEC_TRY(write_new(fd, folder, name, content, 0644));
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

core::Result<core::Path> resolve_current(const core::Path& folder) {
  std::error_code error;
  const core::Path target = std::filesystem::read_symlink(folder / "current", error);
  if (error)
    return core::fail(core::Code::not_found,
                      fmt::format("{} has no current certificate", folder.string()),
                      "wxsec certs init and wxsec certs issue make one");
  return folder / target;
}

std::vector<std::string> generations_in(const core::Path& folder) {
  std::vector<std::string> found;
  const auto names = core::list_directory(folder);
  if (!names) return found;
  for (const std::string& name : *names)
    if (generation_number(name)) found.push_back(name);
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return generation_number(a) < generation_number(b);
  });
  return found;
}

core::Result<void> mark_rolled_back(const core::Path& generation, RolledBack how) {
  return core::write_file_atomic(generation / kRolledBackFile,
                                 how == RolledBack::by_hand ? kByHand : kByFailure, {0644, {}});
}

std::optional<RolledBack> rolled_back(const core::Path& generation) {
  const auto text = core::read_file(generation / kRolledBackFile, kMaxMark);
  if (!text && text.error().code == core::Code::not_found) return std::nullopt;
  return text && *text == kByHand ? RolledBack::by_hand : RolledBack::by_failure;
}

void clear_rolled_back(const core::Path& generation) {
  ::unlink((generation / kRolledBackFile).c_str());
}

void prune_generations(const core::Path& folder, std::size_t keep) {
  const auto current = resolve_current(folder);
  if (!current) return;
  std::vector<std::string> all = generations_in(folder);
  std::reverse(all.begin(), all.end());
  std::size_t good = 0;
  bool newest = true;
  bool behind = false;  // the current one was passed
  for (const std::string& name : all) {
    const bool is_current = name == current->filename();
    behind = behind || is_current;
    const bool marked = !is_current && rolled_back(folder / name);
    const bool kept = marked ? !behind && std::exchange(newest, false) : good++ < keep;
    if (!kept && !is_current) remove_quietly(folder / name);
  }
}

}  // namespace wxsec::certs
