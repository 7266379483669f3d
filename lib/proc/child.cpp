// Between fork and exec only async-signal-safe calls are allowed (another thread may have held the
// allocator's lock), so every string the child needs is built before the fork. Whether exec worked
// is told through a close-on-exec pipe: it closes on success and carries errno on failure.
#include "lib/proc/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "lib/core/escape.h"
#include "lib/proc/exec.h"

namespace wxsec::proc {
namespace {

using core::Code;
using core::Deadline;
using core::fail;
using core::Fd;
using core::Result;

constexpr std::size_t kRecentLines = 200;
constexpr std::size_t kLongestLine = 8192;
constexpr std::size_t kMaxOutput = 1U << 20;

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(Code::internal, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Everything the child needs, prepared before the fork.
struct Launch {
  const Spec& spec;
  const ExecImage& image;
  int input;
  int output;
  int report;
  pid_t parent;
};

bool become(const User& user) {
  return ::setgroups(1, &user.gid) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0 &&
         ::setresuid(user.uid, user.uid, user.uid) == 0;
}

[[noreturn]] void child_main(const Launch& launch) {
  const auto give_up = [&] {
    const int reason = errno;
    [[maybe_unused]] const ssize_t n = ::write(launch.report, &reason, sizeof reason);
    ::_exit(127);
  };
  ::setpgid(0, 0);
  if (launch.spec.user && !become(*launch.spec.user)) give_up();
  inherit_nothing_but_death(launch.parent);  // after the change of user, which would clear it
  if (::dup2(launch.input, 0) < 0 || ::dup2(launch.output, 1) < 0 || ::dup2(launch.output, 2) < 0)
    give_up();
  if (!launch.spec.directory.empty() && ::chdir(launch.spec.directory.c_str()) != 0) give_up();
  ::execve(launch.spec.program.c_str(), launch.image.arguments(), launch.image.environment());
  give_up();
  ::_exit(127);
}

}  // namespace

std::string to_string(const Ending& ending) {
  if (ending.exit_code) return fmt::format("exit {}", *ending.exit_code);
  return fmt::format("killed by signal {}", ending.signal.value_or(0));
}

std::string how_it_ended(const Output& output, std::size_t max) {
  std::string_view words = output.out;
  if (words.size() > max) words.remove_prefix(words.size() - max);
  std::string text = to_string(output.ending);
  const char* between = ": ";
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('\n'), words.size());
    const std::string_view line = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    text += between + core::escape_terminal(line);
    between = " / ";
  }
  return text;
}

struct Child::State {
  pid_t pid = -1;
  Fd output;
  Fd quit_read;
  Fd quit_write;
  OnLine on_line;
  std::thread reader;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> recent;
  bool ended_output = false;
  std::optional<Ending> ending;

  void take_line(std::string line) {
    if (on_line) on_line(line);
    const std::lock_guard lock(mutex);
    recent.push_back(std::move(line));
    if (recent.size() > kRecentLines) recent.pop_front();
    changed.notify_all();
  }
  void read_lines();
  bool seen(std::string_view text) const {
    return std::any_of(recent.begin(), recent.end(), [&](const std::string& line) {
      return line.find(text) != std::string::npos;
    });
  }
  // Collects the ending if there is one. Call with the mutex held.
  bool reap() {
    if (ending) return true;
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) != pid) return false;
    ending = ending_of(status);
    return true;
  }
};

void Child::State::read_lines() {
  std::string line;
  std::array<char, 4096> buffer{};
  for (;;) {
    std::array<pollfd, 2> wait{{{output.get(), POLLIN, 0}, {quit_read.get(), POLLIN, 0}}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) break;
    if (wait[0].revents == 0) {
      if (wait[1].revents != 0) break;  // the owner is done, and the pipe is drained
      continue;
    }
    const ssize_t n = ::read(output.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(n))) {
      if (c != '\n' && line.size() < kLongestLine) line.push_back(c);
      if (c == '\n') take_line(std::exchange(line, {}));
    }
  }
  if (!line.empty()) take_line(std::move(line));
  const std::lock_guard lock(mutex);
  ended_output = true;
  changed.notify_all();
}

Result<Child> Child::start(const Spec& spec, OnLine on_line) {
  Pipe input = WXSEC_TRY(make_pipe());
  Pipe output = WXSEC_TRY(make_pipe());
  Pipe report = WXSEC_TRY(make_pipe());
  Pipe quit = WXSEC_TRY(make_pipe());
  const ExecImage image(spec);
  const Launch launch{spec,      image, input.read.get(), output.write.get(), report.write.get(),
                      ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0)
    return fail(Code::internal,
                fmt::format("cannot start {}: {}", spec.program.string(), std::strerror(errno)));
  if (pid == 0) child_main(launch);
  output.write.close();
  report.write.close();
  input.read.close();
  int reason = 0;
  if (::read(report.read.get(), &reason, sizeof reason) == sizeof reason) {
    ::waitpid(pid, nullptr, 0);
    return fail(core::system_error(reason, "start", spec.program));
  }
  // Fits into the pipe's buffer, so this cannot block.
  if (!spec.input.empty() && ::write(input.write.get(), spec.input.data(),
                                     std::min<std::size_t>(spec.input.size(), 65536)) < 0) {
    core::Fd ignored = std::move(input.write);  // it closed its stdin: its own business
  }
  auto state = std::make_unique<State>();
  state->pid = pid;
  state->output = std::move(output.read);
  state->quit_read = std::move(quit.read);
  state->quit_write = std::move(quit.write);
  state->on_line = std::move(on_line);
  State* const raw = state.get();
  state->reader = std::thread([raw] { raw->read_lines(); });
  return Child(std::move(state));
}

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;

Child& Child::operator=(Child&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Child::~Child() {
  if (!state_) return;
  stop(std::chrono::seconds{2});
  state_->quit_write.close();
  state_->reader.join();
}

pid_t Child::pid() const { return state_->pid; }

bool Child::running() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->reap();
}

Result<void> Child::signal(int number) const {
  const std::lock_guard lock(state_->mutex);
  if (state_->reap() || ::kill(state_->pid, number) != 0) {
    return fail(Code::child_failed,
                fmt::format("cannot signal process {}: it is gone", state_->pid));
  }
  return {};
}

std::optional<Ending> Child::wait(Deadline deadline) {
  for (;;) {
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->reap()) return state_->ending;
    }
    if (deadline.passed()) return std::nullopt;
    std::this_thread::sleep_for(std::min(deadline.left(), std::chrono::milliseconds{5}));
  }
}

Ending Child::stop(std::chrono::milliseconds grace) {
  if (auto ending = wait(Deadline::in(std::chrono::milliseconds{0}))) return *ending;
  ::kill(state_->pid, SIGTERM);
  if (auto ending = wait(Deadline::in(grace))) return *ending;
  ::kill(-state_->pid, SIGKILL);
  ::kill(state_->pid, SIGKILL);
  for (;;) {
    if (auto ending = wait(Deadline::in(std::chrono::seconds{1}))) return *ending;
  }
}

Result<void> Child::wait_for_line(std::string_view line_contains, Deadline deadline) {
  std::unique_lock lock(state_->mutex);
  const bool done = state_->changed.wait_for(
      lock, deadline.left(), [&] { return state_->seen(line_contains) || state_->ended_output; });
  if (state_->seen(line_contains)) return {};
  lock.unlock();
  const std::string output = recent_output();
  if (!done)
    return fail(Code::timeout, fmt::format("process {} did not say '{}' in time; it said: {}",
                                           pid(), line_contains, output));
  const auto ending = wait(deadline);
  return fail(Code::child_failed,
              fmt::format("process {} ended ({}): {}", pid(),
                          ending ? to_string(*ending) : "output closed", output));
}

std::string Child::recent_output() const {
  const std::lock_guard lock(state_->mutex);
  std::string out;
  for (const std::string& line : state_->recent) out += line + '\n';
  return out;
}

Result<Output> run(const Spec& spec, Deadline deadline) {
  Output out;
  std::mutex mutex;
  auto child = WXSEC_TRY(Child::start(spec, [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    if (out.out.size() + line.size() < kMaxOutput) out.out.append(line).push_back('\n');
  }));
  const auto ending = child.wait(deadline);
  if (!ending) {
    child.stop(std::chrono::milliseconds{100});
    return fail(Code::timeout, fmt::format("{} did not end in time", spec.program.string()));
  }
  out.ending = *ending;
  { const Child drained = std::move(child); }  // joins the reader, so that `out` is complete
  return out;
}

}  // namespace wxsec::proc
