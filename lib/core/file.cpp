// Why so many steps for one file: after a power cut a file that was written and renamed may still
// be empty unless its data was synced before the rename, and the rename itself may be lost unless
// the directory was synced after it (LWN "Ensuring data reaches disk"; ext4's delayed allocation is
// the classic case). A key is created with its final mode, since a chmod afterwards leaves a moment
// in which others could open it.
#include "lib/core/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <thread>
#include <tuple>

#include "lib/core/owner.h"
#include "lib/core/source.h"

namespace wxsec::core {
namespace {

Code code_of(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ENOTDIR: return Code::not_found;
    case EEXIST: return Code::exists;
    case EACCES:
    case EPERM:
    case EROFS: return Code::permission;
    default: return Code::io;
  }
}

std::string hint_of(int errno_value, const Path& path) {
  switch (errno_value) {
    case EACCES:
    case EPERM:
      return fmt::format("check the owner and mode of {} and of the directories above it",
                         path.string());
    case ENOSPC:
    case EDQUOT: return "free some disk space and run it again";
    case EROFS: return "the file system is mounted read-only";
    default: return {};
  }
}

Path parent_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

// A name beside `path` that no other thread or process uses.
Path temporary_beside(const Path& path) {
  static std::atomic<unsigned> counter{0};
  return parent_of(path) /
         fmt::format(".{}.{}-{}.tmp", path.filename().string(), getpid(), counter++);
}

Result<void> write_all(int fd, std::string_view content, const Path& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(system_error(errno, "write", path));
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

// Creates `path` itself with content on the disk. Removes it again on failure.
Result<void> create_synced(const Path& path, std::string_view content, const WriteOptions& options,
                           const std::optional<Owner>& owner = {}) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                     options.mode & 0700));
  if (!fd) return fail(system_error(errno, "create", path));
  const auto undo = [&](Failure failure) -> Result<void> {
    ::unlink(path.c_str());
    return failure;
  };
  if (auto written = write_all(fd.get(), content, path); !written)
    return undo(fail(written.error()));
  // A courtesy (owner.h): EPERM without CAP_CHOWN, EINVAL for an owner whom this user namespace
  // does not know. Then it stays ours.
  if (owner) std::ignore = ::fchown(fd.get(), owner->user, owner->group);
  if (options.group && ::fchown(fd.get(), static_cast<uid_t>(-1), *options.group) != 0) {
    return undo(fail(system_error(errno, "give to the group", path)));
  }
  // fchmod, since umask may have narrowed the mode; group bits only once the group is right.
  if (::fchmod(fd.get(), options.mode) != 0)
    return undo(fail(system_error(errno, "set the mode of", path)));
  if (::fsync(fd.get()) != 0) return undo(fail(system_error(errno, "sync", path)));
  return {};
}

struct DirectoryCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

void Fd::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Error system_error(int errno_value, std::string_view verb, const Path& path) {
  return Error{code_of(errno_value),
               fmt::format("cannot {} {}: {}", verb, path.string(), std::strerror(errno_value)),
               hint_of(errno_value, path)};
}

Result<std::string> read_file(const Path& path, std::size_t max_bytes,
                              std::chrono::milliseconds writer_within) {
  // Long enough for a command that asks for a password before it writes: <(ssh HOST cat FILE).
  constexpr std::chrono::seconds kSilence{30};
  Source source = WXSEC_TRY(Source::open(path));
  std::string content;
  // Most files are small, and room that is not needed costs a page fault every 4 KiB.
  constexpr std::size_t kFirstChunk = 4 * 1024;
  constexpr std::size_t kLastChunk = 64 * 1024;
  for (;;) {
    const std::size_t before = content.size();
    const std::size_t chunk = std::clamp(before, kFirstChunk, kLastChunk);
    content.resize(before + std::min(chunk, max_bytes + 1 - before));
    const std::size_t n =
        WXSEC_TRY(source.read(std::span(content).subspan(before), {writer_within, kSilence, {}}));
    content.resize(before + n);
    if (n == 0) return content;
    if (content.size() > max_bytes) {
      return fail(Code::too_large, fmt::format("cannot read {}: it holds more than {} bytes",
                                               path.string(), max_bytes));
    }
  }
}

Result<void> write_file_new(const Path& path, std::string_view content,
                            const WriteOptions& options) {
  WXSEC_TRY(create_synced(path, content, options));
  return sync_directory(parent_of(path));
}

Result<void> write_file_atomic(const Path& path, std::string_view content,
                               const WriteOptions& options) {
  const Path temporary = temporary_beside(path);
  WXSEC_TRY(create_synced(temporary, content, options, owner_to_keep(path, options.mode)));
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return fail(system_error(reason, "replace", path));
  }
  return sync_directory(parent_of(path));
}

Result<void> swap_symlink(const Path& target, const Path& link) {
  const Path temporary = temporary_beside(link);
  if (::symlink(target.c_str(), temporary.c_str()) != 0)
    return fail(system_error(errno, "create", temporary));
  if (::rename(temporary.c_str(), link.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return fail(system_error(reason, "replace", link));
  }
  return sync_directory(parent_of(link));
}

Result<void> make_directories(const Path& path, mode_t mode) {
  if (path.empty() || path_exists(path)) {
    struct stat info {};
    if (!path.empty() && ::stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) {
      return fail(Code::io,
                  fmt::format("cannot use {} as a directory: a file is there", path.string()));
    }
    return {};
  }
  if (path.has_parent_path() && path.parent_path() != path)
    WXSEC_TRY(make_directories(path.parent_path(), mode));
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) return {};
    return fail(system_error(errno, "create directory", path));
  }
  if (::chmod(path.c_str(), mode) != 0) return fail(system_error(errno, "set the mode of", path));
  return {};
}

Result<void> sync_directory(const Path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(system_error(errno, "open directory", path));
  if (::fsync(fd.get()) != 0) return fail(system_error(errno, "sync directory", path));
  return {};
}

bool path_exists(const Path& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_open_to_others(const Path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         (info.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

Result<std::vector<std::string>> list_directory(const Path& path) {
  const std::unique_ptr<DIR, DirectoryCloser> dir(::opendir(path.c_str()));
  if (!dir) return fail(system_error(errno, "list", path));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = &entry->d_name[0];
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<TempDirectory> TempDirectory::create(std::string_view prefix) {
  const char* base = std::getenv("TMPDIR");
  std::string pattern =
      fmt::format("{}/{}XXXXXX", base != nullptr && *base != '\0' ? base : "/tmp", prefix);
  if (::mkdtemp(pattern.data()) == nullptr)
    return fail(system_error(errno, "create directory", pattern));
  return TempDirectory(pattern);
}

TempDirectory& TempDirectory::operator=(TempDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Path TempDirectory::release() { return std::exchange(path_, Path()); }

Result<FileLock> FileLock::acquire(const Path& path, std::chrono::milliseconds wait) {
  constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_CLOEXEC;
  const Fd made(::open(path.c_str(), kFlags | O_CREAT | O_EXCL, 0600));
  Fd fd(::open(path.c_str(), kFlags | O_CREAT, 0600));
  if (!fd && errno == ELOOP)
    return fail(Code::unsupported,
                fmt::format("{} is a symbolic link: nothing is locked through it", path.string()),
                "remove the link");
  if (!fd) return fail(system_error(errno, "open lock", path));
  if (made) give_to_owner_of(path.parent_path(), made.get());
  const auto end = std::chrono::steady_clock::now() + wait;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fail(system_error(errno, "lock", path));
    if (std::chrono::steady_clock::now() >= end) {
      return fail(Code::busy,
                  fmt::format("cannot lock {}: another wxsec is at work there", path.string()),
                  "wait until it is done, then run this again");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return FileLock(std::move(fd));
}

}  // namespace wxsec::core
