#include "tests/support/live_broker.h"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <future>

#include "lib/proc/which.h"

namespace wxsec::test {

using namespace std::chrono_literals;
using core::Result;

void need_program(const char* name, const char* package) {
  const auto found = proc::which(name, package);
  if (found) return;
  std::fprintf(stderr, "skipped: %s (%s)\n", found.error().what.c_str(),
               found.error().hint.c_str());
  std::_Exit(77);
}

LiveBroker::LiveBroker(Options options)
    : options_(std::move(options)),
      directory_(*core::TempDirectory::create("wxsec-broker-test-")),
      ca_("our CA") {
  need_program("mosquitto", "mosquitto");
  REQUIRE(core::write_file_atomic(ca_file(), ca_.pem(), {}));
  install_server(ca_.issue(options_.server));
}

LiveBroker::~LiveBroker() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void LiveBroker::install_server(const tls::Identity& identity) const {
  write_identity(directory(), "server", identity);
}

Result<broker::Ready> LiveBroker::start() {
  std::promise<Result<broker::Ready>> ready;
  auto future = ready.get_future();
  outcome_.reset();
  thread_ = std::jthread([this, &ready](const std::stop_token& stop) {
    broker::RunOptions run{.settings = {}, .work_dir = directory() / "work"};
    run.program = options_.program;
    run.settings.port = port_;
    run.settings.security = options_.security;
    run.settings.user = "root";  // our directory is closed to everybody else
    run.settings.files = {
        ca_file(), directory() / "server.pem", directory() / "server-key.pem", {}};
    for (const auto& account : options_.accounts)
      run.settings.accounts.push_back({account.name, account.password.clone()});
    bool told = false;
    const broker::RunEvents events{
        .on_ready =
            [&](const broker::Ready& now) {
              told = true;
              ready.set_value(now);
            },
        .on_log = [&](const broker::LogLine& line) { note(line.raw + " = " + line.explanation); },
        .on_warning = [&](std::string_view text) { note(std::string("warning: ").append(text)); },
        .on_reload = [&] { note("reloaded"); }};
    outcome_ = broker::run_broker(run, events, reload_, stop);
    if (!told) ready.set_value(core::fail(outcome_->error()));
  });
  auto result = future.get();
  if (result) {
    port_ = result->port;
    pid_ = result->pid;
  } else {
    thread_.join();
  }
  return result;
}

Result<void> LiveBroker::stop() {
  thread_.request_stop();
  thread_.join();
  return *outcome_;
}

Result<void> LiveBroker::kill() {
  ::kill(pid_, SIGKILL);
  thread_.join();
  return *outcome_;
}

station::Identity LiveBroker::identity(const std::string& name) const {
  return identity({.common_name = name, .names = {name}, .server = false, .client = true}, ca_);
}

station::Identity LiveBroker::identity(const Leaf& leaf, const TinyCa& issuer) const {
  const std::string stem = write_identity(directory(), leaf.common_name, issuer.issue(leaf));
  return {.name = leaf.common_name,
          .certificate = stem + ".pem",
          .key = stem + "-key.pem",
          .password = {}};
}

void LiveBroker::note(std::string_view line) {
  const std::lock_guard lock(mutex_);
  log_.append(line).push_back('\n');
}

std::string LiveBroker::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

bool LiveBroker::logged(const std::string& part) const {
  const core::Deadline deadline = core::Deadline::in(5s);
  while (log().find(part) == std::string::npos) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

mqtt::ClientOptions LiveBroker::client_options(const station::Identity& identity) const {
  mqtt::ClientOptions options;
  options.host = "localhost";
  options.port = port_;
  options.client_id = identity.name;
  options.tls = {ca_file(), identity.certificate, identity.key};
  options.backoff = {50ms, 400ms};
  return options;
}

mqtt::RawOptions LiveBroker::raw_options(const station::Identity& identity) const {
  mqtt::RawOptions options;
  options.host = "localhost";
  options.port = port_;
  options.tls = mqtt::RawTls{ca_file(), "", identity.certificate, identity.key, {}};
  return options;
}

std::unique_ptr<mqtt::RawClient> LiveBroker::witness() const {
  auto opened = mqtt::RawClient::open(raw_options(identity("operator")));
  REQUIRE_MESSAGE(opened, opened.refusal.error.what);
  mqtt::RawConnect connect;
  connect.client_id = "operator";
  REQUIRE((*opened.value)->connect(connect));
  REQUIRE((*opened.value)->subscribe("wx/#", mqtt::Qos::at_least_once));
  return std::move(*opened.value);
}

}  // namespace wxsec::test
