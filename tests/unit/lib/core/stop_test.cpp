#include "lib/core/stop.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace wxsec::core {
namespace {

constexpr int kStillThere = 7;

void interrupt_self() {
  ::kill(::getpid(), SIGINT);
  sigset_t pending;
  do sigpending(&pending);
  while (sigismember(&pending, SIGINT) == 1);  // until the signal thread has taken it
}

// In a process of its own: whether `body` ends it, or a hangup afterwards still finds it alive.
int exit_code_of(void (*body)(StopOnSignals&)) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    auto stop = StopOnSignals::install();
    if (!stop) std::_Exit(1);
    stop->on_hangup([] { std::_Exit(kStillThere); });
    body(*stop);
    ::kill(::getpid(), SIGHUP);
    for (;;) ::pause();
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("core/stop: one interrupt asks for a stop") {
  CHECK(exit_code_of([](StopOnSignals& stop) {
          interrupt_self();
          while (!stop.token().stop_requested()) continue;
        }) == kStillThere);
}

TEST_CASE("core/stop: a second interrupt ends the process at once") {
  CHECK(exit_code_of([](StopOnSignals&) {
          interrupt_self();
          ::usleep(300'000);
          interrupt_self();
        }) == 130);
}

TEST_CASE("core/stop: one interrupt that is heard twice, as from timeout(1), is one") {
  CHECK(exit_code_of([](StopOnSignals&) {
          interrupt_self();
          interrupt_self();
        }) == kStillThere);
}

TEST_CASE("core/stop: an interrupt after a stop that nobody typed is the first one") {
  CHECK(exit_code_of([](StopOnSignals& stop) {
          stop.request_stop();
          interrupt_self();
        }) == kStillThere);
}

}  // namespace wxsec::core
