// Linux namespaces give every process group its own view of one resource. A *user* namespace lets
// an ordinary user be root over what is created inside it, and over nothing else. A *network*
// namespace made by that root holds one loopback interface and no way out, so the lab may capture
// packets and bind port 1883 while the machine's own network stays untouched. In a *PID* namespace
// the first process is everybody's parent: when it dies, the kernel ends the rest, which is how no
// broker can ever be left over.
//
// unshare(1) of util-linux, which every Debian has, makes the rooms. A multi-threaded process may
// not enter a user namespace itself, and by the time we know that we want one, we have a signal
// thread.
#include "src/lab/namespace.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "lib/net/loopback.h"
#include "lib/proc/foreground.h"
#include "lib/proc/which.h"

namespace wxsec::lab {
namespace {

using core::Code;
using core::fail;
using core::Path;
using core::Result;
using Words = std::vector<std::string>;

constexpr std::chrono::seconds kGrace{10};
constexpr std::chrono::seconds kTryFor{10};

// The kinds of room, best first. Where /proc is partly hidden (some containers) it cannot be
// mounted anew; where user namespaces are forbidden, root can do without.
std::vector<Words> rooms() {
  const Words common{"--net", "--pid", "--fork", "--kill-child"};
  std::vector<Words> out;
  for (const Words& extra : {Words{"--user", "--map-root-user", "--mount-proc"},
                             Words{"--user", "--map-root-user"}, Words{"--mount-proc"}}) {
    if (extra.size() == 1 && ::geteuid() != 0) continue;
    Words room = extra;
    room.insert(room.end(), common.begin(), common.end());
    out.push_back(std::move(room));
  }
  return out;
}

core::Failure no_room(const std::string& why) {
  return fail(Code::permission, fmt::format("cannot make a network namespace for the lab: {}", why),
              ::geteuid() == 0 ? "this container or kernel forbids namespaces even to root; run "
                                 "the lab on a machine or VM of your own"
                               : "run it with sudo, or allow it: sudo sysctl "
                                 "kernel.unprivileged_userns_clone=1 (Debian), "
                                 "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04), "
                                 "user.max_user_namespaces=1000");
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "no reason given";
  const std::size_t begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

// The first kind of room in which `true` runs.
Result<Words> find_room(const Path& unshare) {
  std::string why = "unknown";
  for (const Words& room : rooms()) {
    proc::Spec spec{.program = unshare, .arguments = room};
    spec.arguments.emplace_back("/bin/true");
    const auto output = WXSEC_TRY(proc::run(spec, core::Deadline::in(kTryFor)));
    if (output.ending.ok()) return room;
    why = last_line(output.out);
  }
  return no_room(why);
}

}  // namespace

Result<Door> find_door() {
  WXSEC_TRY(proc::which("mosquitto", "mosquitto"));
  Path unshare = WXSEC_TRY(proc::which("unshare", "util-linux"));
  Words room = WXSEC_TRY(find_room(unshare));
  return Door{std::move(unshare), std::move(room)};
}

Result<int> run_in_namespace(const Door& door, const Words& arguments,
                             const std::stop_token& stop) {
  proc::Spec spec{.program = door.program, .arguments = door.arguments};
  std::error_code error;
  const Path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(Code::internal, "cannot find our own program: /proc is not there");
  spec.arguments.emplace_back("--");
  spec.arguments.push_back(self.string());
  spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
  const proc::Ending ending = WXSEC_TRY(proc::run_in_foreground(spec, stop, kGrace));
  if (ending.exit_code) return *ending.exit_code;
  return fail(stop.stop_requested() ? Code::interrupted : Code::internal,
              fmt::format("the lab's process ended early: {}", proc::to_string(ending)));
}

Result<void> settle_in(std::function<void()> on_stop) {
  core::Fd stop_fd = proc::inherited_stop_fd();
  if (!stop_fd)
    return fail(Code::usage, "this option is for wxsec itself", "run 'wxsec lab' without it");
  WXSEC_TRY(net::raise_loopback());
  // Ends with the process: nothing else can be waited for on that descriptor.
  std::thread([fd = std::move(stop_fd), stop = std::move(on_stop)] {
    std::array<pollfd, 1> wait{{{fd.get(), POLLIN, 0}}};
    while (::poll(wait.data(), wait.size(), -1) < 0) continue;
    stop();
  }).detach();
  return {};
}

}  // namespace wxsec::lab
