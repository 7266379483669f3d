#include "lib/proc/child.h"

#include <doctest/doctest.h>

#include <csignal>

#include "lib/proc/which.h"

using namespace wxsec::proc;
using wxsec::core::Code;
using wxsec::core::Deadline;
using namespace std::chrono_literals;

namespace {
Spec shell(std::string script) {
  Spec spec;
  spec.program = "/bin/sh";
  spec.arguments = {"-c", std::move(script)};
  return spec;
}
}  // namespace

TEST_CASE("proc/child: output and exit code come back whole") {
  const auto out = run(shell("echo one; echo two >&2; printf three; exit 7"), Deadline::in(5s));
  REQUIRE(out.has_value());
  CHECK(out->out == "one\ntwo\nthree\n");
  CHECK(out->ending.exit_code == 7);
}

TEST_CASE("proc/child: input and environment arrive") {
  Spec spec = shell("read line; echo \"$line $WX\"");
  spec.input = "hello\n";
  spec.environment = {{"WX", "world"}};
  CHECK(run(spec, Deadline::in(5s)).value().out == "hello world\n");
}

TEST_CASE("proc/child: a program that is not there is an error at the start") {
  Spec spec;
  spec.program = "/nonexistent/program";
  const auto child = Child::start(spec, {});
  REQUIRE_FALSE(child.has_value());
  CHECK(child.error().code == Code::not_found);
}

TEST_CASE("proc/child: readiness is a line, also one that was said before we waited") {
  auto child = Child::start(shell("echo ready; exec sleep 60"), {}).value();
  CHECK(child.wait_for_line("ready", Deadline::in(5s)).has_value());
  CHECK(child.wait_for_line("ready", Deadline::in(5s)).has_value());
  CHECK(child.running());
  CHECK(child.stop(1s).signal == SIGTERM);
  CHECK_FALSE(child.running());
}

TEST_CASE("proc/child: a child that ends instead of getting ready tells its last words") {
  auto child = Child::start(shell("echo no such listener; exit 3"), {}).value();
  const auto ready = child.wait_for_line("ready", Deadline::in(5s));
  REQUIRE_FALSE(ready.has_value());
  CHECK(ready.error().code == Code::child_failed);
  CHECK(ready.error().what.find("no such listener") != std::string::npos);
  CHECK(ready.error().what.find("exit 3") != std::string::npos);
}

TEST_CASE("proc/child: one that ignores SIGTERM is killed") {
  auto child =
      Child::start(shell("trap '' TERM; echo ready; while :; do sleep 1; done"), {}).value();
  REQUIRE(child.wait_for_line("ready", Deadline::in(5s)).has_value());
  CHECK(child.stop(10ms).signal == SIGKILL);
}

TEST_CASE("proc/child: a run past its deadline is killed and says so") {
  const auto out = run(shell("sleep 60"), Deadline::in(20ms));
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().code == Code::timeout);
}

TEST_CASE("proc/which: finds programs and names the package of missing ones") {
  CHECK(which("sh", "dash").value().filename() == "sh");
  const auto missing = which("no-such-program-here", "some-package");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code == Code::missing_program);
  CHECK(missing.error().hint.find("some-package") != std::string::npos);
}
