// The real Mosquitto as our child: what it listens on, what it reloads, and that it never outlives
// us.
#include "src/broker/run.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "lib/mqtt/preflight.h"
#include "lib/net/listen.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "src/broker/broker_user.h"
#include "tests/support/live_broker.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using core::Deadline;
using test::LiveBroker;

std::string served_serial(const LiveBroker& broker) {
  const auto seen = mqtt::preflight(broker.client_options(broker.identity("station-0009")));
  REQUIRE_MESSAGE(seen, (seen ? "" : seen.error().what));
  return seen->peer->chain.front().serial;
}

// A zombie whose parent is gone is dead too.
bool is_alive(int pid) {
  const auto stat = core::read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  return stat && stat->find(") Z ") == std::string::npos;
}

bool dies(int pid) {
  const Deadline deadline = Deadline::in(10s);
  while (is_alive(pid) && !deadline.passed()) std::this_thread::sleep_for(5ms);
  return !is_alive(pid);
}

// `wxsec broker run --json` as a process of its own.
struct Wxsec {
  std::optional<proc::Child> child;
  int mosquitto = 0;
  explicit Wxsec(const core::Path& out, const std::string& user) {
    const char* const binary = std::getenv("WXSEC");
    REQUIRE(binary != nullptr);
    auto started = proc::Child::start(
        {.program = binary,
         .arguments = {"broker", "run", "--json", "--insecure-lesson", "--listen", "127.0.0.1:0",
                       "--out", out.string(), "--user", user}},
        {});
    REQUIRE(started);
    child.emplace(std::move(*started));
    const auto ready = child->wait_for_line("\"event\":\"listening\"", Deadline::in(20s));
    REQUIRE_MESSAGE(ready, (ready ? "" : ready.error().what));
    const std::string output = child->recent_output();
    mosquitto = std::atoi(output.c_str() + output.find("\"pid\":") + 6);
    REQUIRE(is_alive(mosquitto));
  }
};

}  // namespace

TEST_CASE("net/broker_run: exactly the asked-for listener is open, on loopback alone") {
  LiveBroker broker;
  const auto ready = broker.start();
  REQUIRE_MESSAGE(ready, (ready ? "" : ready.error().what));
  REQUIRE(ready->listening.size() == 1);
  CHECK(ready->listening.front() == broker::Listener{"127.0.0.1", ready->port});
  CHECK(broker.stop());
}

TEST_CASE("net/broker_run: the trap of 2.0.11, a second listener that nobody wrote, is caught") {
  LiveBroker probe;  // to skip where there is no mosquitto, and for a directory
  const auto mosquitto = proc::which("mosquitto", "mosquitto");
  REQUIRE(mosquitto);
  // Our file with one line of the listener moved above it: what people write by hand.
  const core::Path wrapper = probe.directory() / "wrapper";
  REQUIRE(core::write_file_atomic(wrapper,
                                  "#!/bin/sh\n(echo max_connections 10; echo bind_address "
                                  "127.0.0.1; cat \"$2\") > \"$2.trap\"\n"
                                  "exec " +
                                      mosquitto->string() + " -c \"$2.trap\"\n",
                                  {.mode = 0755}));
  LiveBroker broker({.program = wrapper.string()});
  const auto ready = broker.start();
  REQUIRE_FALSE(ready);
  INFO(ready.error().what);
  // Refused by us after the kernel showed 1883, or (where 1883 is taken) by mosquitto itself.
  CHECK((ready.error().code == core::Code::internal || ready.error().code == core::Code::busy));
  if (ready.error().code == core::Code::internal)
    CHECK(ready.error().what.find(":1883") != std::string::npos);
}

TEST_CASE("net/broker_run: a reload serves the new certificate to new clients") {
  LiveBroker broker;
  REQUIRE(broker.start());
  const std::string before = served_serial(broker);
  broker.install_server(broker.ca().issue({.common_name = "broker"}));
  CHECK(served_serial(broker) == before);
  broker.reload().ask();
  REQUIRE(broker.logged("reloaded"));
  const Deadline deadline = Deadline::in(5s);
  while (served_serial(broker) == before && !deadline.passed()) std::this_thread::sleep_for(5ms);
  CHECK(served_serial(broker) != before);
}

TEST_CASE("net/broker_run: a pair that does not match is not loaded, and clients still connect") {
  LiveBroker broker;
  REQUIRE(broker.start());
  const std::string before = served_serial(broker);
  const auto one = broker.ca().issue({.common_name = "broker"});
  REQUIRE(core::write_file_atomic(broker.directory() / "server.pem", one.chain_pem, {}));
  broker.reload().ask();
  REQUIRE(broker.logged("not reloaded"));
  CHECK(served_serial(broker) == before);
}

TEST_CASE("net/broker_run: a start with a mismatched pair, or a taken port, is refused by name") {
  LiveBroker mismatched;
  const auto one = mismatched.ca().issue({.common_name = "broker"});
  REQUIRE(core::write_file_atomic(mismatched.directory() / "server.pem", one.chain_pem, {}));
  const auto refused = mismatched.start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == core::Code::crypto);

  LiveBroker first;
  REQUIRE(first.start());
  broker::RunOptions options{.settings = {}, .work_dir = first.directory() / "second"};
  options.settings.port = first.port();
  options.settings.user = "root";
  options.settings.files = {
      first.ca_file(), first.directory() / "server.pem", first.directory() / "server-key.pem", {}};
  broker::ReloadRequest reload;
  const auto busy = broker::run_broker(options, {}, reload, {});
  REQUIRE_FALSE(busy);
  CHECK_MESSAGE(busy.error().code == core::Code::busy, busy.error().what);
  CHECK_FALSE(core::path_exists(options.work_dir));  // whoever holds the port may be using it
}

TEST_CASE(
    "net/broker_run: an authority that is no certificate is named before mosquitto is asked") {
  LiveBroker broker;
  REQUIRE(core::write_file_atomic(broker.ca_file(), "no certificate\n", {}));
  const auto refused = broker.start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find(broker.ca_file().string()) != std::string::npos);
  CHECK(refused.error().hint.find("DIR") == std::string::npos);
}

TEST_CASE(
    "net/broker_run: what mosquitto says when it cannot start is one line, and in its words") {
  LiveBroker probe;  // to skip where there is no mosquitto, and for a directory
  const core::Path wrapper = probe.directory() / "wrapper";
  REQUIRE(core::write_file_atomic(wrapper,
                                  "#!/bin/sh\necho starting >&2\necho 'Error: out of luck' "
                                  ">&2\nexit 3\n",
                                  {.mode = 0755}));
  LiveBroker broker({.program = wrapper.string()});
  const auto refused = broker.start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "mosquitto could not start: Error: out of luck");
}

TEST_CASE("net/broker_run: a broker that dies by itself is an error with its last words") {
  LiveBroker broker;
  REQUIRE(broker.start());
  const auto outcome = broker.kill();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == core::Code::child_failed);
  CHECK(outcome.error().what.find("signal 9") != std::string::npos);
}

TEST_CASE("net/broker_run: SIGKILL of wxsec leaves no mosquitto behind") {
  test::need_program("mosquitto", "mosquitto");
  const auto temp = core::TempDirectory::create("wxsec-kill-");
  REQUIRE(temp);
  // As root also with the change of user, which would clear the parent-death signal.
  std::vector<std::string> users{"root"};
  if (::geteuid() == 0 && broker::broker_user("mosquitto") &&
      broker::broker_user("mosquitto")->become) {
    REQUIRE(::chmod(temp->path().c_str(), 0755) == 0);
    users.push_back("mosquitto");
  }
  for (const std::string& user : users) {
    Wxsec wxsec(temp->path() / user, user);
    REQUIRE(wxsec.child->signal(SIGKILL));
    CHECK_MESSAGE(dies(wxsec.mosquitto), user);
  }
}

TEST_CASE("net/broker_run: SIGTERM ends both in order") {
  test::need_program("mosquitto", "mosquitto");
  const auto temp = core::TempDirectory::create("wxsec-term-");
  REQUIRE(temp);
  Wxsec wxsec(temp->path() / "b", "root");
  REQUIRE(wxsec.child->signal(SIGTERM));
  const auto ending = wxsec.child->wait(Deadline::in(10s));
  REQUIRE(ending);
  CHECK(ending->exit_code == 0);
  CHECK(dies(wxsec.mosquitto));
}

TEST_CASE("net/broker_run: an unreadable key is found before the start, with the remedy") {
  if (::geteuid() != 0) return;  // only root can start a broker that is somebody else
  const auto user = broker::broker_user("mosquitto");
  if (!user || !user->become) return;
  LiveBroker broker;  // its directory is 0700 root
  const auto fine = broker::check_readable(*user, {broker.directory() / "server-key.pem"}, {});
  REQUIRE_FALSE(fine);
  CHECK(fine.error().code == core::Code::permission);
  CHECK(fine.error().what.find(broker.directory().string()) != std::string::npos);
  CHECK(fine.error().hint.find("chgrp mosquitto") != std::string::npos);
}
