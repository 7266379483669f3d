// A file cannot grow at its front, so everything is copied, by the kernel where it can.
#include "lib/capture/insert_block.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace wxsec::capture {
namespace {

bool write_all(int to, core::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(to, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool copy_slowly(int from, int to, FileRange range) {
  std::array<std::uint8_t, 64 * 1024> chunk;
  while (range.size > 0) {
    const std::size_t wanted = std::min<std::uint64_t>(range.size, chunk.size());
    const ssize_t got = ::pread(from, chunk.data(), wanted, static_cast<off_t>(range.at));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;  // shorter than it was
    if (got <= 0) return false;
    const auto size = static_cast<std::size_t>(got);
    if (!write_all(to, core::ByteView(chunk).first(size))) return false;
    range.at += size;
    range.size -= size;
  }
  return true;
}

bool copy(int from, int to, FileRange range) {
  constexpr std::uint64_t kAtOnce = std::uint64_t{1} << 30;
  while (range.size > 0) {
    auto at = static_cast<off64_t>(range.at);
    const ssize_t copied =
        ::copy_file_range(from, &at, to, nullptr, std::min<std::uint64_t>(range.size, kAtOnce), 0);
    if (copied <= 0) return copy_slowly(from, to, range);
    range.at += static_cast<std::uint64_t>(copied);
    range.size -= static_cast<std::uint64_t>(copied);
  }
  return true;
}

bool copy_with(int from, int to, std::uint64_t size, std::uint64_t at, core::ByteView block,
               std::span<const FileRange> leave_out) {
  if (!copy(from, to, {0, at}) || !write_all(to, block)) return false;
  for (const FileRange& gap : leave_out) {
    if (!copy(from, to, {at, gap.at - at})) return false;
    at = gap.at + gap.size;
  }
  return copy(from, to, {at, size - at});
}

}  // namespace

core::Result<void> insert_block(const core::Path& path, const core::Fd& writing, std::uint64_t at,
                                core::ByteView block, std::span<const FileRange> leave_out) {
  const core::Fd from(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat here {};
  struct stat ours {};
  if (!from || ::fstat(from.get(), &here) != 0 || ::fstat(writing.get(), &ours) != 0)
    return core::fail(core::system_error(errno, "read", path));
  if (!S_ISREG(here.st_mode) || here.st_ino != ours.st_ino || here.st_dev != ours.st_dev)
    return core::fail(core::Code::unsupported,
                      fmt::format("{} is not the plain file that was written", path.string()));
  core::Path sibling = path;
  sibling.replace_filename(fmt::format(".{}.{}", path.filename().string(), ::getpid()));
  const core::Fd to(
      ::open(sibling.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) return core::fail(core::system_error(errno, "write", sibling));
  const auto size = static_cast<std::uint64_t>(here.st_size);
  if (copy_with(from.get(), to.get(), size, at, block, leave_out) &&
      ::rename(sibling.c_str(), path.c_str()) == 0)
    return {};
  const int why = errno;
  ::unlink(sibling.c_str());
  return core::fail(core::system_error(why, "write", path));
}

namespace {

bool write_at(int to, core::ByteView bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(to, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    at += static_cast<std::uint64_t>(wrote);
  }
  return true;
}

bool move_back(int file, FileRange range, std::uint64_t by) {
  std::array<std::uint8_t, 64 * 1024> chunk;
  while (range.size > 0) {
    const std::size_t size = std::min<std::uint64_t>(range.size, chunk.size());
    range.size -= size;
    const std::uint64_t at = range.at + range.size;
    const ssize_t got = ::pread(file, chunk.data(), size, static_cast<off_t>(at));
    if (got != static_cast<ssize_t>(size)) return false;
    if (!write_at(file, core::ByteView(chunk).first(size), at + by)) return false;
  }
  return true;
}

}  // namespace

core::Result<void> insert_in_place(const core::Path& path, const core::Fd& file, std::uint64_t at,
                                   core::ByteView block) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return core::fail(core::Code::unsupported, fmt::format("{} is no plain file", path.string()));
  const auto size = static_cast<std::uint64_t>(info.st_size);
  // First the room: a full disk must not stop the moving half-way.
  const bool room =
      ::posix_fallocate(file.get(), info.st_size, static_cast<off_t>(block.size())) == 0;
  if (room && move_back(file.get(), {at, size - at}, block.size()) &&
      write_at(file.get(), block, at))
    return {};
  const int why = room ? errno : ENOSPC;
  if (!room && ::ftruncate(file.get(), info.st_size) != 0)
    return core::fail(core::system_error(errno, "write", path));
  return core::fail(core::system_error(why, "write", path));
}

}  // namespace wxsec::capture
