#include "src/renew/reload.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/proc/child.h"
#include "src/certs/read_watch.h"

using namespace wxsec;
using namespace wxsec::certs;
using core::Code;

TEST_CASE("certs/reload: a process that would end by SIGHUP is not sent one") {
  auto child = proc::Child::start({.program = "/bin/sleep", .arguments = {"60"}}, {}).value();
  const auto told = parse_reload("broker=pid:" + std::to_string(child.pid())).value().reload();
  REQUIRE_FALSE(told);
  CHECK(told.error().code == Code::unsupported);
  CHECK(told.error().what.find("does not handle SIGHUP") != std::string::npos);
  CHECK(child.running());
  child.stop(std::chrono::milliseconds(500));
}

TEST_CASE("certs/reload: a process that handles it gets it") {
  auto child = proc::Child::start({.program = "/bin/sh",
                                   .arguments = {"-c",
                                                 "trap 'echo heard; exit 0' HUP; echo ready; "
                                                 "i=0; while [ $i -lt 200 ]; do sleep 0.05; "
                                                 "i=$((i+1)); done"}},
                                  {})
                   .value();
  REQUIRE(child.wait_for_line("ready", core::Deadline::in(std::chrono::seconds(5))));
  REQUIRE(parse_reload("broker=pid:" + std::to_string(child.pid())).value().reload());
  CHECK(child.wait_for_line("heard", core::Deadline::in(std::chrono::seconds(5))));
  child.stop(std::chrono::milliseconds(500));
}

TEST_CASE("certs/reload: what is kept can be read in another directory") {
  const std::string here = std::filesystem::current_path().string();
  CHECK(from_anywhere("command:./x.sh -c a.conf").value() == "command:" + here + "/x.sh -c a.conf");
  CHECK(from_anywhere("command:sub/x.sh").value() == "command:" + here + "/sub/x.sh");
  CHECK(from_anywhere("pidfile:my run.pid").value() == "pidfile:" + here + "/my run.pid");
  for (const char* same : {"command:nginx -s reload", "command:/bin/true a/b", "pidfile:/run/x.pid",
                           "pid:4711", "unit:mosquitto", "command:", "nonsense", ""})
    CHECK(from_anywhere(same).value() == same);
  const auto dir = core::TempDirectory::create("with space").value();
  std::filesystem::current_path(dir.path());
  const auto refused = from_anywhere("command:./x.sh");
  std::filesystem::current_path(here);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::Code::usage);
}

TEST_CASE("certs/read_watch: a key that was read is seen, another file is not enough") {
  const auto dir = core::TempDirectory::create("watch").value();
  for (const char* name : {"privkey.pem", "cert.pem"})
    REQUIRE(core::write_file_atomic(dir.path() / name, "x", {}));
  ReadWatch watch(dir.path(), "privkey.pem");
  REQUIRE(core::read_file(dir.path() / "cert.pem", 10));
  CHECK_FALSE(watch.wait(std::chrono::milliseconds(100), {}));
  REQUIRE(core::read_file(dir.path() / "privkey.pem", 10));
  CHECK(watch.wait(std::chrono::seconds(5), {}));
  CHECK_FALSE(
      ReadWatch(dir.path() / "none", "privkey.pem").wait(std::chrono::milliseconds(10), {}));
}
