#include "tests/support/mosquitto.h"

#include <cstdio>
#include <cstdlib>

#include "lib/net/listen.h"
#include "lib/proc/which.h"

namespace wxsec::test {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "mosquitto for the test: %s\n", why.c_str());
  std::abort();
}

core::TempDirectory temporary() {
  auto made = core::TempDirectory::create("wxsec-test-");
  if (!made) give_up(made.error().what);
  return std::move(*made);
}

std::string with_port(std::string conf, std::uint16_t port) {
  for (std::size_t at = 0; (at = conf.find("PORT", at)) != std::string::npos;)
    conf.replace(at, 4, std::to_string(port));
  return conf;
}

}  // namespace

bool have_mosquitto() {
  if (proc::which("mosquitto", "mosquitto")) return true;
  std::puts("skip: mosquitto is not installed");
  return false;
}

std::uint16_t closed_port() {
  const auto port = net::free_port();
  if (!port) give_up(port.error().what);
  return *port;
}

Mosquitto::Mosquitto(const std::string& conf) : directory_(temporary()) {
  const auto program = proc::which("mosquitto", "mosquitto");
  if (!program) give_up(program.error().what);
  const core::Path file = directory_.path() / "mosquitto.conf";
  std::string why;
  for (int attempt = 0; attempt < 3; ++attempt) {  // another process may take the port before us
    port_ = closed_port();
    // As root it would become a user who cannot read the test's files.
    const std::string text = "user root\nlog_dest stderr\n" + with_port(conf, port_);
    if (const auto written = core::write_file_atomic(file, text, {}); !written)
      give_up(written.error().what);
    auto child = proc::Child::start({*program, {"-c", file.string()}}, {});
    if (!child) give_up(child.error().what);
    const auto ready = child->wait_for_line("running", core::Deadline::in(20s));
    child_ = std::make_unique<proc::Child>(std::move(*child));
    if (ready) return;
    why = ready.error().what;
  }
  give_up(why);
}

Mosquitto::~Mosquitto() { child_->stop(2s); }

}  // namespace wxsec::test
