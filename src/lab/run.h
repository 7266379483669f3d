// The whole course session, "Securing communications with SSL/TLS", on real parts, ending in a
// report with proof. Must run inside the room that namespace.h makes.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/lab/transcript.h"

namespace wxsec::lab {

struct StepInfo {
  std::string_view act;
  std::string_view name;
  std::string_view title;
  std::string_view explain;
  std::string_view by_hand;
};

// What `wxsec lab --list` shows, in order.
std::vector<StepInfo> step_list();

struct Options {
  core::Path out;       // created; see prepare_output
  std::string version;  // of wxsec, for the report
  unsigned stations = 3;
  // Both may be empty. Before a step (pacing waits in here), and after it.
  std::function<void(const StepInfo&)> on_step;
  std::function<void(const StepRecord&)> on_done;
};

// Makes `out` ready: creates it, or clears the files of an earlier lab from it; nobody else's lab
// can write there while the lock lives. Fails with usage where it holds anything that is not a
// lab's, busy where another lab is at work.
core::Result<core::FileLock> prepare_output(const core::Path& out);

struct Outputs {
  core::Path html;
  core::Path json;
  core::Path plain_capture;
  core::Path tls_capture;
  core::Path renewal_capture;
  core::Path tls_keys;
};
Outputs outputs_in(const core::Path& out);

// Runs every step (a step that fails does not keep the next act from running) and writes the files
// of Outputs. Fails: permission, io (output directory), missing_program, interrupted.
core::Result<Transcript> run(const Options& options, const core::Clock& clock,
                             const std::stop_token& stop);

}  // namespace wxsec::lab
