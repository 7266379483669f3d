#include "lib/capture/privileges.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace wxsec;

namespace {

bool give_up() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(SYS_capset, &header, none) == 0;
}

sigset_t the_signal() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGRTMAX - 1);
  return set;
}

// Does not listen, gives up by itself once it was told, and hears the rest when all is over.
void late_thread(std::atomic<bool>& deaf, const std::atomic<bool>& dropped) {
  const sigset_t set = the_signal();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  deaf = true;
  sigset_t pending;
  do {
    std::this_thread::yield();
    ::sigpending(&pending);
  } while (::sigismember(&pending, SIGRTMAX - 1) == 0);
  if (!give_up()) ::_exit(2);
  while (!dropped) std::this_thread::yield();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

[[noreturn]] void drop_beside_a_late_thread() {
  std::atomic<bool> deaf = false;
  std::atomic<bool> dropped = false;
  std::thread late([&] { late_thread(deaf, dropped); });
  while (!deaf) std::this_thread::yield();
  const auto told = capture::drop_privileges();
  dropped = true;
  late.join();
  ::_exit(told ? 0 : 1);
}

}  // namespace

// In a process of its own: what is dropped is gone.
TEST_CASE("capture/privileges: a thread that was busy when it was told survives it") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) drop_beside_a_late_thread();
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK_FALSE(WIFSIGNALED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
