#include "lib/proc/foreground.h"

#include <doctest/doctest.h>

using namespace wxsec::proc;
using namespace std::chrono_literals;

namespace {
Spec shell(std::string script) {
  Spec spec;
  spec.program = "/bin/sh";
  spec.arguments = {"-c", std::move(script)};
  return spec;
}
}  // namespace

TEST_CASE("proc/foreground: the exit code comes back") {
  CHECK(run_in_foreground(shell("exit 5"), {}, 1s).value().exit_code == 5);
}

TEST_CASE("proc/foreground: a stop reaches the program as the end of its stop descriptor") {
  std::stop_source stop;
  stop.request_stop();
  const auto ending =
      run_in_foreground(shell("read -r line <&$WXSEC_STOP_FD; exit 9"), stop.get_token(), 5s);
  CHECK(ending.value().exit_code == 9);
}

TEST_CASE("proc/foreground: one that does not stop is killed") {
  std::stop_source stop;
  stop.request_stop();
  CHECK(run_in_foreground(shell("exec sleep 60"), stop.get_token(), 20ms).value().signal == 9);
}
