// What another process does about a signal: asked before it is sent one that it may not survive.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace wxsec::proc {

struct SignalState {
  std::string program = {};  // its name, at most 15 bytes; untrusted
  bool caught = false;       // a handler is installed
  bool blocked = false;      // taken by sigwait or signalfd, as it seems
  bool ignored = false;
  bool pending = false;  // sent, and not yet taken
};

// From /proc/PID/status, of the process's first thread. Nothing where there is no such process, or
// the kernel does not tell us.
std::optional<SignalState> signal_state(pid_t pid, int signal);

}  // namespace wxsec::proc
