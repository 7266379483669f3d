// External programs as children that never outlive us and are always reaped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"

namespace wxsec::proc {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Spec {
  core::Path program;                                   // from which()
  std::vector<std::string> arguments;                   // without argv[0]
  std::map<std::string, std::string> environment = {};  // added to ours
  core::Path directory = {};                            // empty: ours
  std::optional<User> user = {};  // become this user before exec (we must be root)
  std::string input = {};         // written to its stdin (at most 64 KiB), which is then closed
};

// How it ended: exactly one of the two is set.
struct Ending {
  std::optional<int> exit_code;
  std::optional<int> signal;
  bool ok() const { return exit_code == 0; }
};
std::string to_string(const Ending& ending);  // "exit 1", "killed by signal 9"

// The child gets the default signal mask, its own process group, and SIGKILL when the *thread* that
// started it dies (PR_SET_PDEATHSIG: start long-lived children from a long-lived thread). A program
// that changes its own user id loses that protection (the kernel clears it), so let Spec::user do
// it.
class Child {
 public:
  // Called for every line that the child writes to stdout or stderr, from a thread of this object.
  using OnLine = std::function<void(std::string_view line)>;

  // Fails: missing_program, permission, internal. A failed exec is reported here, not later.
  static core::Result<Child> start(const Spec& spec, OnLine on_line);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();  // stop(2 s)

  pid_t pid() const;
  bool running() const;
  // Sends a signal to the child; fails with child_failed when it is gone.
  core::Result<void> signal(int number) const;
  // Waits for its end; nothing when the deadline passes first.
  std::optional<Ending> wait(core::Deadline deadline);
  // SIGTERM, then SIGKILL to its group after `grace`. Returns how it ended; idempotent.
  Ending stop(std::chrono::milliseconds grace);
  // Waits until `line_contains` was seen in its output, from the start on. Fails with timeout, or
  // with child_failed (carrying its last lines) when it ended first.
  core::Result<void> wait_for_line(std::string_view line_contains, core::Deadline deadline);
  // The last lines of output, at most 200, for error messages.
  std::string recent_output() const;

 private:
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct Output {
  Ending ending;
  std::string out;  // stdout and stderr together, at most 1 MiB, in the order of arrival
};

// "exit 1: what it said last": at most `max` bytes of its output, escaped and on one line.
std::string how_it_ended(const Output& output, std::size_t max);

// Runs a program to its end. Fails as start() does, or with timeout after killing it.
core::Result<Output> run(const Spec& spec, core::Deadline deadline);

}  // namespace wxsec::proc
