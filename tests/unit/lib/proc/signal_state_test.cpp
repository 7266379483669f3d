#include "lib/proc/signal_state.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

using namespace wxsec::proc;

TEST_CASE("proc/signal_state: a handler, a block, nothing, and nobody") {
  const auto before = std::signal(SIGUSR2, SIG_DFL);
  CHECK_FALSE(signal_state(::getpid(), SIGUSR2)->caught);
  std::signal(SIGUSR2, [](int) {});
  CHECK(signal_state(::getpid(), SIGUSR2)->caught);
  std::signal(SIGUSR2, SIG_IGN);
  CHECK(signal_state(::getpid(), SIGUSR2)->ignored);
  CHECK_FALSE(signal_state(::getpid(), SIGUSR2)->caught);
  CHECK_FALSE(signal_state(::getpid(), SIGUSR2)->pending);
  std::signal(SIGUSR2, before);
  CHECK_FALSE(signal_state(::getpid(), SIGUSR2)->program.empty());
  CHECK_FALSE(signal_state(0x3FFF'FFFF, SIGHUP).has_value());
}
