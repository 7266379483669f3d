#include "lib/proc/notify.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lib/core/fd.h"
#include "lib/core/number.h"

namespace wxsec::proc {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// A line break would begin another assignment.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

Notifier Notifier::from_environment() {
  Notifier notifier;
  notifier.path_ = variable("NOTIFY_SOCKET");
  if (!notifier.path_.starts_with('/') && !notifier.path_.starts_with('@')) notifier.path_.clear();
  const std::string_view pid = variable("WATCHDOG_PID");
  if (!pid.empty() && pid != std::to_string(::getpid())) return notifier;
  constexpr std::int64_t kMostMicroseconds = 1'000'000LL * 3600 * 24 * 365;
  const auto span =
      core::parse_number<std::int64_t>(variable("WATCHDOG_USEC"), 2000, kMostMicroseconds);
  if (span && notifier.present()) notifier.interval_ = std::chrono::milliseconds(*span / 2000);
  return notifier;
}

void Notifier::ready(std::string_view status) const {
  send(fmt::format("READY=1\nSTATUS={}", one_line(status)));
}
void Notifier::status(std::string_view text) const {
  send(fmt::format("STATUS={}", one_line(text)));
}
void Notifier::alive() const { send("WATCHDOG=1"); }
void Notifier::stopping() const { send("STOPPING=1"); }

// Nobody can act on a failure here: the supervisor that does not hear notices it by itself.
void Notifier::send(std::string_view message) const {
  sockaddr_un address{};
  if (!present() || path_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  path_.copy(&address.sun_path[0], path_.size());
  if (path_.front() == '@') address.sun_path[0] = '\0';
  const core::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  [[maybe_unused]] const ssize_t n =
      ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace wxsec::proc
