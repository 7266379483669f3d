// SIGINT and SIGTERM as a std::stop_token, SIGHUP as a callback: signals handled in an ordinary
// thread, where locks and allocation are allowed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "lib/core/fd.h"
#include "lib/core/result.h"

namespace wxsec::core {

class StopOnSignals {
 public:
  // Blocks SIGINT, SIGTERM and SIGHUP for this thread and all later ones, ignores SIGPIPE, and
  // starts the thread that waits for them. Call once, at the start of main, before any other
  // thread. Children started by lib/proc get the default mask back. A second SIGINT, a
  // quarter of a second later at the earliest, ends the process at once.
  static Result<StopOnSignals> install();
  StopOnSignals(StopOnSignals&&) noexcept;
  StopOnSignals& operator=(StopOnSignals&&) noexcept;
  ~StopOnSignals();

  std::stop_token token() const;
  // Readable once a stop was asked for: for poll(2) loops. Never read from it.
  int wake_fd() const;
  // Runs in the signal thread at every SIGHUP; an empty function restores "ignore".
  void on_hangup(std::function<void()> callback);
  // Asks for the stop as a signal would (end of input, --duration over).
  void request_stop();

 private:
  struct State;
  explicit StopOnSignals(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Sleeps, but wakes at once when a stop is asked for; true if it slept the whole span.
bool sleep_unless_stopped(const std::stop_token& stop, std::chrono::milliseconds span);

}  // namespace wxsec::core
