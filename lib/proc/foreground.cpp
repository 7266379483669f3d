#include "lib/proc/foreground.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "lib/core/number.h"
#include "lib/core/stop.h"
#include "lib/proc/exec.h"

namespace wxsec::proc {
namespace {

using core::Code;
using core::fail;
using core::Fd;
using core::Result;

constexpr int kExecFailed = 126;
constexpr std::chrono::milliseconds kLook{20};

std::optional<Ending> ended(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  return ending_of(status);
}

Ending wait_for(pid_t pid, const std::stop_token& stop, Fd stop_write,
                std::chrono::milliseconds grace) {
  while (!stop.stop_requested()) {
    if (const auto ending = ended(pid)) return *ending;
    core::sleep_unless_stopped(stop, kLook);
  }
  stop_write.close();
  for (const auto deadline = core::Deadline::in(grace); !deadline.passed(); ::usleep(10'000)) {
    if (const auto ending = ended(pid)) return *ending;
  }
  ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return ending_of(status);
}

}  // namespace

Result<Ending> run_in_foreground(const Spec& spec, const std::stop_token& stop,
                                 std::chrono::milliseconds grace) {
  if (::access(spec.program.c_str(), X_OK) != 0)
    return fail(core::system_error(errno, "start", spec.program));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Code::internal, "cannot make a pipe");
  const Fd stop_read(ends[0]);
  Fd stop_write(ends[1]);
  Spec told = spec;
  told.environment[kStopFdVariable] = std::to_string(stop_read.get());
  const ExecImage image(told);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0)
    return fail(Code::internal,
                fmt::format("cannot start {}: {}", spec.program.string(), std::strerror(errno)));
  if (pid == 0) {
    ::fcntl(stop_read.get(), F_SETFD, 0);
    inherit_nothing_but_death(parent);
    ::execve(spec.program.c_str(), image.arguments(), image.environment());
    ::_exit(kExecFailed);
  }
  return wait_for(pid, stop, std::move(stop_write), grace);
}

Fd inherited_stop_fd() {
  const char* const text = std::getenv(kStopFdVariable);
  if (text == nullptr) return {};
  const auto number = core::parse_number<int>(text, 3, 1 << 20);
  if (!number || ::fcntl(*number, F_SETFD, FD_CLOEXEC) != 0) return {};
  return Fd(*number);
}

}  // namespace wxsec::proc
