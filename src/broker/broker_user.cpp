// Mosquitto that is started as root gives root up, and only then reads its keys. A key that was
// renewed as root:root 0600 is then out of its reach, and all it says is "Permission denied": the
// most reported trouble of all. So we let the child be the right user from the start (it also keeps
// PR_SET_PDEATHSIG, which a change of user would clear) and try the files with that user's eyes.
#include "src/broker/broker_user.h"

#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "lib/core/shell_word.h"

namespace wxsec::broker {
namespace {

using core::Code;
using core::fail;
using core::Path;
using core::Result;

struct Account {
  uid_t uid;
  gid_t gid;
};

std::optional<Account> look_up(const std::string& name) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return std::nullopt;
  return Account{entry.pw_uid, entry.pw_gid};
}

// Whether our user namespace knows `uid`: /proc/self/uid_map has lines "inside outside count".
bool is_mapped(uid_t uid) {
  const auto map = core::read_file("/proc/self/uid_map", 65536);
  if (!map) return true;
  const std::string& text = *map;
  std::size_t at = 0;
  while (at < text.size()) {
    unsigned long inside = 0;
    unsigned long outside = 0;
    unsigned long count = 0;
    if (std::sscanf(text.c_str() + at, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
        uid >= inside && uid - inside < count)
      return true;
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return false;
}

std::string own_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr)
    return entry.pw_name;
  return fmt::format("user {}", ::geteuid());
}

// Whether the permission bits let `user` do `wanted` (4 read, 1 enter). Access lists are not seen:
// this only names the obstacle, after a real attempt has failed.
bool bits_allow(const struct stat& info, const proc::User& user, unsigned wanted) {
  const unsigned mode = info.st_mode;
  if (info.st_uid == user.uid) return ((mode >> 6) & wanted) == wanted;
  if (info.st_gid == user.gid) return ((mode >> 3) & wanted) == wanted;
  return (mode & wanted) == wanted;
}

// The first part of `path` that stands in the user's way, and the mode to give it.
struct Obstacle {
  Path path;
  const char* what;
  const char* mode;
};
Obstacle obstacle(const Path& path, const proc::User& user) {
  Path part;
  for (const Path& name : path.parent_path()) {
    part /= name;
    struct stat info {};
    if (::stat(part.c_str(), &info) == 0 && !bits_allow(info, user, 1))
      return {part, "may not enter the directory", "g+x"};
  }
  return {path, "cannot read", "g+r"};
}

bool lies_in(const Path& file, const Path& dir) {
  if (dir.empty()) return false;
  const Path inner = std::filesystem::absolute(file).lexically_normal();
  const Path outer = std::filesystem::absolute(dir).lexically_normal() / "";
  return inner.string().starts_with(outer.string());
}

// The directory's own command gives the group to keys and folders, now and after each renewal.
std::string remedy(const BrokerUser& user, const Obstacle& in_the_way, const Path& certs_dir) {
  if (lies_in(in_the_way.path, certs_dir))
    return fmt::format("wxsec certs init --dir {} --group {}", core::shell_word(certs_dir.string()),
                       user.name);
  const std::string place = core::shell_word(in_the_way.path.string());
  return fmt::format("chgrp {0} {1} && chmod {2} {1}", user.name, place, in_the_way.mode);
}

Result<void> try_reading(const BrokerUser& user, const Path& file, const Path& certs_dir) {
  if (!user.become) {
    if (::access(file.c_str(), R_OK) == 0) return {};
    return fail(core::system_error(errno, "read", file));
  }
  const auto tried = WXSEC_TRY(proc::run(
      {.program = "/usr/bin/test", .arguments = {"-r", file.string()}, .user = user.become},
      core::Deadline::in(std::chrono::seconds{5})));
  if (tried.ending.ok()) return {};
  const Obstacle in_the_way = obstacle(file, *user.become);
  return fail(Code::permission,
              fmt::format("mosquitto runs as user '{}', who {} {}", user.name, in_the_way.what,
                          in_the_way.path.string()),
              remedy(user, in_the_way, certs_dir));
}

}  // namespace

Result<BrokerUser> broker_user(const std::string& wanted) {
  if (::geteuid() != 0) return BrokerUser{own_name(), std::nullopt};
  if (wanted == "root") return BrokerUser{"root", std::nullopt};
  const auto account = look_up(wanted);
  if (!account)
    return fail(Code::not_found, fmt::format("there is no user '{}' for the broker", wanted),
                "install the package mosquitto, or name another with --user");
  if (!is_mapped(account->uid)) return BrokerUser{"root", std::nullopt};
  return BrokerUser{wanted, proc::User{account->uid, account->gid}};
}

Result<void> check_readable(const BrokerUser& user, const std::vector<Path>& files,
                            const Path& certs_dir) {
  for (const Path& file : files) {
    if (!core::path_exists(file))
      return fail(Code::not_found, fmt::format("{} is not there", file.string()),
                  certs_dir.empty() ? "name a file that exists"
                                    : fmt::format("make the certificates first: wxsec certs init "
                                                  "--dir {}",
                                                  core::shell_word(certs_dir.string())));
    WXSEC_TRY(try_reading(user, file, certs_dir));
  }
  return {};
}

}  // namespace wxsec::broker
