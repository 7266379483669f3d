// What a command gets from the process: streams, colour, clock, stop. The only place that prints.
#pragma once

#include <string_view>
#include <vector>

#include "cmd/exit_code.h"
#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/core/stop.h"
#include "lib/term/style.h"

namespace wxsec::cmd {

struct Context {
  core::StopOnSignals& stop;
  const core::Clock& clock;
  term::Style out;         // colour of stdout
  term::Style err;         // colour of stderr
  bool json = false;       // --json of whichever command runs
  int verbosity = 0;       // -v adds one, -q takes one
  Exit exit = Exit::fine;  // set by the command that ran
  // What the command line is about, and therefore what is built of it: see command_table.h.
  std::vector<std::string_view> asked = {};

  // The result, as it is, to stdout. A write that fails (closed pipe, full disk) ends the process
  // with exit 3, except EPIPE, which ends it quietly as `head` expects.
  void print(std::string_view text) const;
  // "wxsec: warning: ..." to stderr, and so on. Text is escaped for the terminal here.
  void warn(std::string_view text) const;
  void note(std::string_view text) const;  // progress for people; silent with -q
  void error(const core::Error& error) const;
  // Prints the error (as JSON on stdout with --json too) and returns its exit code.
  Exit failed(const core::Error& error) const;
};

}  // namespace wxsec::cmd
