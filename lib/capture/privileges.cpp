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
#include <cstdlib>
#include <cstring>
#include <optional>

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

core::Result<bool> drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return refused("capget");
  const bool any = (sets[0].permitted | sets[1].permitted) != 0;
  sets = {};
  if (::syscall(SYS_capset, &header, sets.data()) != 0) return refused("capset");
  return any;
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
  // Nothing that is executed from here on can gain privileges either.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no_new_privs");
  if (::geteuid() == 0 && in_initial_user_namespace()) return become(whom_to_become());
  if (!WXSEC_TRY(drop_capabilities())) return std::string();
  return std::string("capabilities dropped");
}

}  // namespace wxsec::capture
