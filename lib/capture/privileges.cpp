// Dissectors read bytes that strangers wrote. If one of them has a hole, it must not be root's
// hole: so root goes as soon as the device is open. The order matters: groups, then group, then
// user, because after the user is changed the other two can no longer be.
#include "lib/capture/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/number.h"

namespace wxsec::capture {
namespace {

constexpr uid_t kNobody = 65534;

struct Identity {
  uid_t user = kNobody;
  gid_t group = kNobody;
  std::string name = "nobody";
};

// user_namespaces(7): the initial namespace maps all ids onto themselves.
bool in_initial_user_namespace() {
  const auto map = core::read_file("/proc/self/uid_map", 4096);
  if (!map) return true;
  std::string words;
  for (const char c : *map) {
    if (c != ' ' || (!words.empty() && words.back() != ' ')) words.push_back(c);
  }
  return words == "0 0 4294967295\n";
}

std::optional<unsigned> id_from_environment(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  return core::parse_number<unsigned>(text, 1, 0x7FFFFFFF);
}

Identity whom_to_become() {
  Identity identity;
  const auto user = id_from_environment("SUDO_UID");
  const auto group = id_from_environment("SUDO_GID");
  if (user && group) {
    const passwd* const entry = ::getpwuid(*user);
    return {*user, *group, entry == nullptr ? "the calling user" : entry->pw_name};
  }
  if (const passwd* const entry = ::getpwnam("nobody"))
    return {entry->pw_uid, entry->pw_gid, "nobody"};
  return identity;
}

core::Failure refused(const char* step) {
  return core::fail(core::Code::permission,
                    fmt::format("cannot drop privileges: {}: {}", step, std::strerror(errno)));
}

core::Result<bool> has_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return refused("capget");
  return (sets[0].permitted | sets[1].permitted) != 0;
}

// For the calling thread: no capability, and nothing that is executed from here on can gain one.
// System calls only, so that a signal handler may do it.
bool give_up_in_this_thread() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_capset, &header, none.data()) == 0;
}

// As the kernel sees the thread; one that has ended has nothing either.
bool has_given_up(const std::string& thread) {
  const auto status = core::read_file("/proc/self/task/" + thread + "/status", 64 * 1024);
  if (!status) return true;
  const std::string_view text(*status);
  return text.find("\nCapPrm:\t0000000000000000\n") != std::string_view::npos &&
         text.find("\nCapEff:\t0000000000000000\n") != std::string_view::npos &&
         text.find("\nNoNewPrivs:\t1\n") != std::string_view::npos;
}

// capset(2) and prctl(2) know only the calling thread. So a signal makes every other one do the
// same, until the kernel says of all of them that they have.
core::Result<void> give_up_in_all_threads() {
  constexpr int kRounds = 2000;  // of a millisecond
  const int signal_number = SIGRTMAX - 1;
  if (!give_up_in_this_thread()) return refused("capset");
  struct sigaction action {};
  action.sa_handler = [](int) { (void)give_up_in_this_thread(); };
  action.sa_flags = SA_RESTART;
  if (::sigaction(signal_number, &action, nullptr) != 0) return refused("sigaction");
  bool all = false;
  for (int round = 0; round < kRounds && !all; ++round) {
    const std::vector<std::string> threads = WXSEC_TRY(core::list_directory("/proc/self/task"));
    all = true;
    for (const std::string& thread : threads) {
      if (has_given_up(thread)) continue;
      all = false;
      const auto id = core::parse_number<int>(thread, 1, std::numeric_limits<int>::max());
      if (id) ::syscall(SYS_tgkill, ::getpid(), *id, signal_number);
    }
    if (!all) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  // Ignored from here on, not as it was before: of two that were sent to a slow thread one may
  // still be on its way (real-time signals queue), and by default it would end the program.
  action.sa_handler = SIG_IGN;
  ::sigaction(signal_number, &action, nullptr);
  if (all) return {};
  errno = ETIMEDOUT;
  return refused("a thread keeps its capabilities");
}

core::Result<std::string> become(const Identity& identity) {
  if (::setgroups(0, nullptr) != 0) return refused("setgroups");
  if (::setresgid(identity.group, identity.group, identity.group) != 0) return refused("setresgid");
  if (::setresuid(identity.user, identity.user, identity.user) != 0) return refused("setresuid");
  if (::setuid(0) == 0) {
    errno = EPERM;
    return refused("root can be regained");
  }
  return fmt::format("now running as {} (uid {})", identity.name, identity.user);
}

}  // namespace

core::Result<std::string> drop_privileges() {
  std::string told;
  if (::geteuid() == 0 && in_initial_user_namespace()) {
    told = WXSEC_TRY(become(whom_to_become()));  // glibc does this in all threads by itself
  } else if (WXSEC_TRY(has_capabilities())) {
    told = "capabilities dropped";
  }
  WXSEC_TRY(give_up_in_all_threads());
  return told;
}

}  // namespace wxsec::capture
