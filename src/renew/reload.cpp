#include "src/renew/reload.h"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "lib/core/clock.h"
#include "lib/core/escape.h"
#include "lib/core/file.h"
#include "lib/core/number.h"
#include "lib/proc/child.h"
#include "lib/proc/signal_state.h"
#include "lib/proc/which.h"
#include "src/look/endpoint.h"

namespace wxsec::certs {
namespace {

constexpr std::chrono::seconds kCommandLimit{60};
constexpr std::size_t kShownOutput = 400;
constexpr std::chrono::seconds kTakenWithin{1};
constexpr std::chrono::milliseconds kLookAgain{5};
constexpr std::string_view kReloadForms =
    "write NAME=pid:NUMBER, NAME=pidfile:PATH, NAME=unit:UNIT or NAME=command:PROGRAM ARGUMENTS";

// SIGHUP ends a process that does not expect it.
core::Result<void> check_expects(const std::optional<proc::SignalState>& state, pid_t pid) {
  if (!state || state->caught || state->blocked) return {};
  return core::fail(
      core::Code::unsupported,
      fmt::format("process {} ({}) {}: it was not sent", pid, core::escape_terminal(state->program),
                  state->ignored ? "ignores SIGHUP" : "does not handle SIGHUP and would end by it"),
      "name the service's own process (for one that a shell or supervisor started, its child), or "
      "write NAME=command:PROGRAM that reloads it");
}

// Until it is no longer pending; a process that is stopped keeps it.
void wait_taken(pid_t pid) {
  const auto deadline = core::Deadline::in(kTakenWithin);
  for (;;) {
    const auto state = proc::signal_state(pid, SIGHUP);
    if (!state || !state->pending || deadline.passed()) return;
    std::this_thread::sleep_for(kLookAgain);
  }
}

core::Result<void> hang_up(pid_t pid) {
  WXSEC_TRY(check_expects(proc::signal_state(pid, SIGHUP), pid));
  if (::kill(pid, SIGHUP) == 0) {
    wait_taken(pid);
    return {};
  }
  const bool gone = errno == ESRCH;
  return core::fail(gone ? core::Code::not_found : core::Code::permission,
                    fmt::format("cannot send SIGHUP to process {}: {}", pid,
                                gone ? "it is not running" : "not permitted"),
                    gone ? "start the service, or name its process again"
                         : "run this as root or as the service's own user");
}

core::Result<pid_t> parse_pid(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const auto pid = core::parse_number<pid_t>(text, 2, 0x3FFF'FFFF);
  if (pid) return *pid;
  return core::fail(core::Code::usage,
                    fmt::format("'{}' is not a process number", core::escape_terminal(text)));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

core::Result<void> run_command(const std::vector<std::string>& words) {
  proc::Spec spec;
  auto program = proc::which(words.front(), "");
  if (!program)
    return core::fail(program.error().code,
                      fmt::format("there is no program {}", core::escape_terminal(words.front())),
                      "name it with its full path: NAME=command:/usr/bin/PROGRAM ARGUMENTS");
  spec.program = std::move(*program);
  spec.arguments.assign(words.begin() + 1, words.end());
  const auto output = WXSEC_TRY(proc::run(spec, core::Deadline::in(kCommandLimit)));
  if (output.ending.ok()) return {};
  return core::fail(
      core::Code::child_failed,
      fmt::format("'{}' failed with {}", words.front(), proc::how_it_ended(output, kShownOutput)),
      "run it by hand to see more");
}

struct Split {
  std::string identity;
  std::string_view rest;
};

core::Result<Split> split_identity(std::string_view text, std::string_view forms) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return core::fail(core::Code::usage,
                      fmt::format("'{}' names no identity", core::escape_terminal(text)),
                      std::string(forms));
  return Split{std::string(text.substr(0, equals)), text.substr(equals + 1)};
}

}  // namespace

core::Result<Service> parse_reload(std::string_view text) {
  const Split split = WXSEC_TRY(split_identity(text, kReloadForms));
  const std::size_t colon = split.rest.find(':');
  const std::string_view kind = split.rest.substr(0, colon);
  const std::string value(colon == std::string_view::npos ? std::string_view()
                                                          : split.rest.substr(colon + 1));
  Service service;
  service.identity = split.identity;
  if (kind == "pid") {
    const pid_t pid = WXSEC_TRY(parse_pid(value));
    service.description = fmt::format("SIGHUP to process {}", pid);
    service.reload = [pid] { return hang_up(pid); };
  } else if (kind == "pidfile" && !value.empty()) {
    service.description = fmt::format("SIGHUP to the process of {}", value);
    service.reload = [value]() -> core::Result<void> {
      const std::string number = WXSEC_TRY(core::read_file(value, 64));
      const pid_t pid = WXSEC_TRY(parse_pid(number));
      return hang_up(pid);
    };
  } else if (kind == "unit" && !value.empty()) {
    service.description = fmt::format("systemctl reload {}", value);
    service.reload = [value] { return run_command({"systemctl", "reload", value}); };
  } else if (kind == "command" && !words_of(value).empty()) {
    service.description = value;
    service.reload = [words = words_of(value)] { return run_command(words); };
  } else {
    return core::fail(core::Code::usage,
                      fmt::format("'{}' is no way to reload", core::escape_terminal(split.rest)),
                      std::string(kReloadForms));
  }
  service.reads_later = true;
  return service;
}

core::Result<std::string> from_anywhere(std::string_view how) {
  const bool command = how.starts_with("command:");
  const std::size_t start = how.find_first_not_of(' ', how.find(':') + 1);
  if (start == std::string_view::npos || !(command || how.starts_with("pidfile:")))
    return std::string(how);
  const std::size_t end = command ? std::min(how.find(' ', start), how.size()) : how.size();
  const core::Path path = how.substr(start, end - start);
  if (path.is_absolute() || (command && !path.has_parent_path())) return std::string(how);
  std::error_code ignored;
  const std::string full = std::filesystem::absolute(path, ignored).lexically_normal().string();
  if (command && full.find(' ') != std::string::npos)
    return core::fail(
        core::Code::usage,
        fmt::format("the command {} cannot be kept: there is a space in its path {}",
                    core::escape_terminal(path.string()), core::escape_terminal(full)),
        "move it to where the path has none: --reload command:/usr/local/bin/PROGRAM");
  return fmt::format("{}{}{}", how.substr(0, start), full, how.substr(end));
}

core::Result<Service> parse_served_at(std::string_view text, std::chrono::milliseconds timeout) {
  const Split split = WXSEC_TRY(split_identity(text, "write NAME=mqtts://HOST:PORT"));
  const auto endpoint = WXSEC_TRY(net::parse_endpoint(split.rest, 0));
  if (!endpoint.tls())
    return core::fail(core::Code::usage,
                      fmt::format("'{}' is no TLS endpoint", core::escape_terminal(split.rest)),
                      "write NAME=mqtts://HOST:PORT or NAME=https://HOST:PORT");
  Service service;
  service.identity = split.identity;
  service.description = net::to_string(endpoint);
  service.url = service.description;
  service.served_serial = [url = service.description, timeout] {
    return served_serial(url, timeout);
  };
  return service;
}

}  // namespace wxsec::certs
