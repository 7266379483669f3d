// Files written so that a crash or a full disk leaves the old content or the new, never a mix.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/fd.h"
#include "lib/core/result.h"

namespace wxsec::core {

using Path = std::filesystem::path;

// The error for a failed system call on `path`, from errno's value: code, "cannot <verb> <path>:
// <reason>", and a hint where one is known.
Error system_error(int errno_value, std::string_view verb, const Path& path);

// The whole file, or what a pipe or terminal gives up to its end. Fails: not_found, permission, io,
// too_large when it holds more than `max_bytes` (directories, sockets and disks are io). Reads at
// most max_bytes + 1. Never waits for ever: a FIFO that nobody opens for writing fails with io
// after `writer_within`, and a writer that is silent after half a minute.
Result<std::string> read_file(const Path& path, std::size_t max_bytes,
                              std::chrono::milliseconds writer_within = std::chrono::seconds(5));

struct WriteOptions {
  mode_t mode = 0644;  // set at creation, never widened for a moment
  std::optional<gid_t> group =
      {};  // chown after creation; fails with permission if not ours to give
};

// Creates a temporary sibling (O_EXCL, O_NOFOLLOW), writes, fsyncs, renames over `path`, fsyncs the
// directory. A symbolic link at `path` is replaced, never followed. Fails: permission, io (disk
// full), not_found (no directory). On failure the old file is untouched and no temporary remains.
Result<void> write_file_atomic(const Path& path, std::string_view content,
                               const WriteOptions& options);

// The same without replacing: fails with exists when anything is there.
Result<void> write_file_new(const Path& path, std::string_view content,
                            const WriteOptions& options);

// Points the symbolic link `link` at `target` (kept as given, usually relative) by renaming a new
// link over it, then fsyncs the directory. Readers see the old target or the new one.
Result<void> swap_symlink(const Path& target, const Path& link);

// mkdir -p with `mode` for what it creates (umask does not widen nor narrow it).
Result<void> make_directories(const Path& path, mode_t mode);
Result<void> sync_directory(const Path& path);

bool path_exists(const Path& path);  // follows links; false also where we may not look
// A file that its group or all others may read: no place for a secret. False where there is none.
bool is_open_to_others(const Path& file);

// Names in a directory, sorted, without . and .. Fails: not_found, permission, io.
Result<std::vector<std::string>> list_directory(const Path& path);

// A directory that is removed with all its content on destruction.
class TempDirectory {
 public:
  // Under $TMPDIR or /tmp, mode 0700.
  static Result<TempDirectory> create(std::string_view prefix);
  TempDirectory(TempDirectory&&) noexcept = default;
  TempDirectory& operator=(TempDirectory&&) noexcept;
  ~TempDirectory();
  const Path& path() const { return path_; }
  // Keeps it; returns its path.
  Path release();

 private:
  explicit TempDirectory(Path path) : path_(std::move(path)) {}
  Path path_;
};

// An exclusive advisory lock (flock) on a file that is created if need be and stays; released on
// destruction or death. Fails with busy when another process holds it past `wait`.
class FileLock {
 public:
  static Result<FileLock> acquire(const Path& path, std::chrono::milliseconds wait);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace wxsec::core
