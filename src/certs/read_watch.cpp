// A server opens certificate and key one after the other, both through `current`. If the link moves
// between the two, they do not belong together, and Mosquitto then accepts nobody until it is told
// the next time. So whoever moves the link does not do so again before the pair was read: inotify
// tells of every file that was closed in the generation's folder.
//
// The first reader may be a supervisor that looks at the pair before it tells its server (`wxsec
// broker run`). Hence the quiet span at the end; Mosquitto gets round to a signal within 100 ms.
#include "src/certs/read_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/stop.h"

namespace wxsec::certs {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuiet{300};
constexpr milliseconds kSlice{50};  // how late a stop is noticed

struct Seen {
  bool anything = false;
  bool file = false;
};

Seen drain(int fd, std::string_view file) {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  Seen seen;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n <= 0) return seen;
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      seen.anything = true;
      seen.file = seen.file || (event.len > 0 && file == name);
      at += sizeof event + event.len;
    }
  }
}

}  // namespace

ReadWatch::ReadWatch(const core::Path& folder, std::string file)
    : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)), file_(std::move(file)) {
  if (events_ && ::inotify_add_watch(events_.get(), folder.c_str(), IN_CLOSE_NOWRITE) < 0)
    events_ = core::Fd();
}

bool ReadWatch::wait(milliseconds within, const std::stop_token& stop) {
  if (!events_) {
    core::sleep_unless_stopped(stop, within);
    return false;
  }
  const auto deadline = core::Deadline::in(within);
  auto quiet = core::Deadline::in(kQuiet);
  bool read = false;
  while (!deadline.passed() && !stop.stop_requested()) {
    pollfd one{events_.get(), POLLIN, 0};
    ::poll(&one, 1, static_cast<int>(kSlice.count()));
    const Seen seen = drain(events_.get(), file_);
    read = read || seen.file;
    if (seen.anything) quiet = core::Deadline::in(kQuiet);
    if (read && quiet.passed()) return true;
  }
  return read;
}

}  // namespace wxsec::certs
