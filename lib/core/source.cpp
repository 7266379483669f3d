// open(2) of a FIFO waits until somebody else opens its other end, perhaps for ever; with
// O_NONBLOCK it does not. After that, read(2) answers "end" where there is no writer *yet*, but
// poll(2) knows the difference and waits. With a pipe of the shell that is opened anew by its name
// in /dev/fd it is the other way round: its writer may be gone before we came, the end is the end,
// and poll would wait for it in vain. So a FIFO is polled before it is read, and a pipe is read
// before it is polled.
#include "lib/core/source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace wxsec::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookForStop{100};

// Made by pipe(2), and has no name in a file system.
bool is_anonymous(int fd) {
  struct statfs where {};
  return ::fstatfs(fd, &where) == 0 && where.f_type == PIPEFS_MAGIC;
}

Failure not_readable(const Path& path) {
  return fail(Code::io, fmt::format("cannot read {}: it is a device or socket", path.string()),
              "name a file");
}

Failure nothing_came(const Path& name, bool without_writer) {
  return fail(Code::io,
              fmt::format("cannot read {}: {}", name.string(),
                          without_writer ? "it is a FIFO, and nobody writes to it"
                                         : "whoever writes to it has been silent for too long"),
              "name a file, or let its writer run first");
}

}  // namespace

Result<Source> Source::open(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!fd && errno == ENXIO) return not_readable(path);  // a socket
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail(system_error(errno, "read", path));
  if (S_ISBLK(info.st_mode)) return not_readable(path);
  if (S_ISDIR(info.st_mode)) return fail(system_error(EISDIR, "read", path));
  const int number = fd.get();
  Source source(std::move(fd), number, path);
  const bool anonymous = S_ISFIFO(info.st_mode) && is_anonymous(number);
  source.wait_first_ = !anonymous;
  source.without_writer_ = S_ISFIFO(info.st_mode) && !anonymous;
  return source;
}

Source Source::borrow(int fd, Path name) { return {Fd(), fd, std::move(name)}; }

Result<void> Source::wait(const Patience& patience) {
  const auto& limit = without_writer_ ? patience.writer : patience.more;
  const auto end = steady_clock::now() + limit.value_or(milliseconds(0));
  pollfd ready{fd_, POLLIN, 0};
  for (;;) {
    const int events = ::poll(&ready, 1, static_cast<int>(kLookForStop.count()));
    if (events > 0) return {};
    if (events < 0 && errno != EINTR) return fail(system_error(errno, "read", name_));
    if (patience.stop.stop_requested()) return fail(Code::interrupted, "interrupted");
    if (limit && steady_clock::now() >= end) return nothing_came(name_, without_writer_);
  }
}

Result<std::size_t> Source::read(std::span<char> room, const Patience& patience) {
  if (wait_first_) WXSEC_TRY(wait(patience));
  for (;;) {
    const ssize_t n = ::read(fd_, room.data(), room.size());
    if (n >= 0) {
      without_writer_ = false;
      return static_cast<std::size_t>(n);
    }
    if (errno != EINTR && errno != EAGAIN) return fail(system_error(errno, "read", name_));
    if (errno == EAGAIN) WXSEC_TRY(wait(patience));
  }
}

}  // namespace wxsec::core
