// A program that takes our place for a while: it has our terminal, and we wait for its end.
#pragma once

#include <chrono>
#include <stop_token>

#include "lib/proc/child.h"

namespace wxsec::proc {

// The environment variable that tells the program the number of a descriptor which reaches end of
// file when it should stop, or when we are dead: a signal could not be sent into another PID
// namespace without knowing the number there.
inline constexpr const char* kStopFdVariable = "WXSEC_STOP_FD";

// Runs `spec` (whose `input` is not used) with our standard streams and process group until it
// ends. When a stop is asked for, it gets `grace` to end by itself, then SIGKILL. It dies with us.
// Fails: not_found, permission, internal (fork).
core::Result<Ending> run_in_foreground(const Spec& spec, const std::stop_token& stop,
                                       std::chrono::milliseconds grace);

// In the program: the descriptor of kStopFdVariable; invalid if there is none. Marks it
// close-on-exec.
core::Fd inherited_stop_fd();

}  // namespace wxsec::proc
