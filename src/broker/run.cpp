// A broker as a child: everything that can be known to go wrong is looked for before the start;
// after it, the kernel is asked what the process really listens on; then its log is read line by
// line until somebody asks for the end. One thread, woken through descriptors: by a line of the
// log, by a reload request, by the stop token.
//
//     port free? -> check certificates as the broker's user -> write configuration -> start ->
//     "running" -> compare listeners -> on_ready -> log lines, reloads ... -> stop: SIGTERM, then
//     SIGKILL
#include "src/broker/run.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <mutex>

#include "lib/core/fd.h"
#include "lib/core/shell_word.h"
#include "lib/net/listen.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "src/broker/broker_user.h"
#include "src/broker/conf_file.h"
#include "src/broker/log_line.h"
#include "src/broker/precheck.h"
#include "src/certs/read_watch.h"

namespace wxsec::broker {
namespace {

using core::Code;
using core::Deadline;
using core::fail;
using core::Result;

constexpr std::chrono::seconds kStopGrace{5};
constexpr std::chrono::seconds kTrustRead{2};
constexpr int kPollMs = 500;  // how late an end that nobody announced is noticed
constexpr int kPortAttempts = 3;
constexpr std::size_t kMaxWaitingLines = 10'000;

void wake(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(fd, &one, sizeof one);
}

bool drain(int fd) {
  std::uint64_t count = 0;
  return ::read(fd, &count, sizeof count) == sizeof count;
}

// Lines on their way from the child's reader thread to ours. A flood is cut, not kept.
class LineQueue {
 public:
  LineQueue() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  void push(std::string_view line) {
    {
      const std::lock_guard lock(mutex_);
      if (lines_.size() < kMaxWaitingLines) lines_.emplace_back(line);
    }
    wake(fd_.get());
  }
  std::deque<std::string> take() {
    drain(fd_.get());
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }
  int wake_fd() const { return fd_.get(); }

 private:
  core::Fd fd_;
  std::mutex mutex_;
  std::deque<std::string> lines_;
};

struct Running {
  BrokerUser user;
  ConfigFiles files;
  Settings settings;                  // with the port that was chosen
  std::vector<std::string> warnings;  // of the checks before the start
  std::unique_ptr<LineQueue> lines;
  std::unique_ptr<proc::Child> child;
  std::string trust = {};        // content of the cafile that the child has read
  bool trust_by_signal = false;  // seen in its first lines, which its log soon drives out
  LogReader reader = {};
};

constexpr std::size_t kMaxTrustFile = 4 * 1024 * 1024;

// "" where there is none, as in the lesson without TLS.
std::string read_trust(const Settings& settings) {
  if (settings.security != Security::mutual_tls) return {};
  return core::read_file(settings.files.ca, kMaxTrustFile).value_or("");
}

std::string lesson_warning(const Settings& settings) {
  return fmt::format(
      "plaintext on {}:{}, for a lesson only: everybody on the wire reads every name, password and "
      "reading, can change them on the way, and can pose as this broker",
      settings.bind_address, settings.port);
}

core::Error port_taken(const Settings& settings) {
  return {Code::busy,
          fmt::format("{}:{} is taken by another program", settings.bind_address, settings.port),
          "choose another with --listen HOST:PORT, or --listen HOST:0 for any free one"};
}

// Before anything is written: whoever holds the port may be reading the very same folder. Only a
// taken port is of interest; what else may be wrong with the address mosquitto says itself.
Result<void> check_port_free(const Settings& settings) {
  const auto tried = net::listen({net::Scheme::none, settings.bind_address, settings.port, {}}, 1);
  if (!tried && tried.error().code == Code::busy) return fail(port_taken(settings));
  return {};
}

std::string edited_warning(const std::pair<core::Path, core::Path>& kept) {
  return fmt::format(
      "{} had been edited by hand and is written anew; the edited text is kept as {}",
      kept.first.string(), kept.second.string());
}

// Of these it was seen that SIGHUP takes authorities in and out for new connections. Others may
// read cafile only when they start.
bool takes_trust_by_signal(const proc::Child& child) {
  return child.recent_output().find("mosquitto version 2.0.11 ") != std::string::npos;
}

Result<Running> start_once(const RunOptions& options, const core::Path& program) {
  Running run{.user = WXSEC_TRY(broker_user(options.settings.user)),
              .files = {},
              .settings = options.settings.clone(),
              .warnings = {},
              .lines = std::make_unique<LineQueue>(),
              .child = {}};
  if (run.settings.port == 0) run.settings.port = WXSEC_TRY(net::free_port());
  run.trust = read_trust(run.settings);
  WXSEC_TRY(check_port_free(run.settings));
  run.warnings = WXSEC_TRY(check_certificates(run.settings, run.user, core::system_clock().now()));
  run.files = WXSEC_TRY(write_config(run.settings, options.work_dir));
  for (const auto& kept : run.files.kept) run.warnings.push_back(edited_warning(kept));
  WXSEC_TRY(check_written(run.settings, run.files, run.user));
  LineQueue* const lines = run.lines.get();
  auto child = WXSEC_TRY(proc::Child::start(
      {.program = program, .arguments = {"-c", run.files.conf.string()}, .user = run.user.become},
      [lines](std::string_view line) { lines->push(line); }));
  run.child = std::make_unique<proc::Child>(std::move(child));
  WXSEC_TRY(run.child->wait_for_line(" running", Deadline::in(options.ready_timeout)));
  run.trust_by_signal = takes_trust_by_signal(*run.child);
  return run;
}

// The dictionary of errors knows no directory; we do.
std::string with_real_paths(std::string text, const Settings& settings) {
  if (settings.certs_dir.empty()) return text;
  return core::fill_in(text, "DIR", settings.certs_dir.string());
}

// The lines of a child's output that tell of trouble, or its last one, as one sentence.
std::string last_words(std::string_view output) {
  std::string trouble;
  std::string_view last;
  while (!output.empty()) {
    const std::string_view line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(line.size() + 1, output.size()));
    if (line.empty()) continue;
    last = line;
    if (is_trouble(line)) trouble += (trouble.empty() ? "" : "; ") + std::string(line);
  }
  return trouble.empty() ? std::string(last) : trouble;
}

// The error of a start, in better words where the child's are known.
core::Error explained(core::Error error, const Settings& settings) {
  if (error.code != Code::child_failed) return error;
  if (error.what.find("Address already in use") != std::string::npos) return port_taken(settings);
  if (error.hint.empty()) error.hint = with_real_paths(explain_log_line(error.what), settings);
  error.what = "mosquitto could not start: " + last_words(error.what);
  return error;
}

// Between the choice of a free port and mosquitto's bind somebody else may take it.
Result<Running> start_with_port(const RunOptions& options, const core::Path& program) {
  for (int attempt = 1;; ++attempt) {
    auto started = start_once(options, program);
    if (started) return started;
    core::Error error = explained(std::move(started).error(), options.settings);
    const bool again =
        error.code == Code::busy && options.settings.port == 0 && attempt < kPortAttempts;
    if (!again) return fail(std::move(error));
  }
}

// The kernel's word against the file's: exactly the asked-for port, and nothing else.
Result<std::vector<Listener>> check_listeners(const Running& run) {
  auto found = WXSEC_TRY(listeners_of(run.child->pid()));
  for (const Listener& listener : found) {
    if (listener.port != run.settings.port)
      return fail(
          Code::internal,
          fmt::format("mosquitto also listens on {}, which nobody asked for", to_string(listener)),
          "it was stopped; look for listener options above the first `listener` line");
  }
  if (found.empty())
    return fail(Code::internal, "mosquitto says it runs, but listens on no TCP port");
  return found;
}

void report(Running& run, const RunOptions& options, const RunEvents& events) {
  for (const std::string& line : run.lines->take()) {
    std::string explanation = with_real_paths(run.reader.explain(line), run.settings);
    if (!options.log_connections && is_connection_line(line) && !is_trouble(line)) continue;
    if (events.on_log) events.on_log({line, std::move(explanation)});
  }
}

void warn(const RunEvents& events, const std::vector<std::string>& warnings) {
  if (!events.on_warning) return;
  for (const std::string& text : warnings) events.on_warning(text);
}

Ready ready_of(const Running& run, std::vector<Listener> listening) {
  return {.address = run.settings.bind_address,
          .port = run.settings.port,
          .pid = run.child->pid(),
          .conf = run.files.conf,
          .listening = std::move(listening)};
}

// SIGTERM, so that Mosquitto writes sessions and queued messages to the disk; what clients send
// while the port is closed they still hold, and send again (QoS 1). All that can be checked is
// checked while the old process still serves.
Result<void> restart(Running& run, const RunOptions& options, const RunEvents& events,
                     const core::Path& program) {
  WXSEC_TRY(check_certificates(run.settings, run.user, core::system_clock().now()));
  WXSEC_TRY(check_written(run.settings, run.files, run.user));
  run.child->stop(kStopGrace);
  report(run, options, events);
  RunOptions again{.settings = run.settings.clone(),
                   .work_dir = options.work_dir,
                   .program = options.program,
                   .ready_timeout = options.ready_timeout,
                   .log_connections = options.log_connections};
  auto started = start_once(again, program);
  if (!started) return fail(explained(std::move(started).error(), run.settings));
  run = std::move(*started);
  auto listening = WXSEC_TRY(check_listeners(run));
  warn(events, run.warnings);
  if (events.on_restart) events.on_restart(ready_of(run, std::move(listening)));
  return {};
}

void warn_not_reloaded(const RunEvents& events, const core::Error& why) {
  warn(events, {fmt::format("not reloaded, the broker keeps what it has: {}{}{}", why.what,
                            why.hint.empty() ? "" : ": ", why.hint)});
}

// True if the child has read its cafile again: the port stays open meanwhile.
bool reload_trust(Running& run, const RunEvents& events) {
  if (!run.trust_by_signal) return false;
  const core::Path& file = run.settings.files.ca;
  const core::Path folder = file.has_parent_path() ? file.parent_path() : core::Path(".");
  std::string trust = read_trust(run.settings);
  certs::ReadWatch watch(folder, file.filename());
  if (!run.child->signal(SIGHUP) || !watch.wait(kTrustRead, {})) return false;
  run.trust = std::move(trust);
  if (events.on_trust) events.on_trust();
  return true;
}

// A pair that does not match, or has expired, would leave a broker that no client can reach. Fails
// only where a restart has left no broker behind.
Result<void> reload(Running& run, const RunOptions& options, const RunEvents& events,
                    const core::Path& program) {
  const auto fine = check_certificates(run.settings, run.user, core::system_clock().now());
  if (!fine) {
    warn_not_reloaded(events, fine.error());
    return {};
  }
  if (read_trust(run.settings) != run.trust) {
    if (reload_trust(run, events)) return {};
    const auto restarted = restart(run, options, events, program);
    if (restarted) return {};
    if (!run.child->running()) return restarted;
    warn_not_reloaded(events, restarted.error());
    return {};
  }
  warn(events, *fine);
  if (run.child->signal(SIGHUP) && events.on_reload) events.on_reload();
  return {};
}

Result<void> supervise(Running& run, const RunOptions& options, const RunEvents& events,
                       ReloadRequest& reload_request, const core::Path& program,
                       const std::stop_token& stop) {
  const core::Fd stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const std::stop_callback on_stop(stop, [&] { wake(stopped.get()); });
  while (!stop.stop_requested()) {
    std::array<pollfd, 3> wait{{{run.lines->wake_fd(), POLLIN, 0},
                                {reload_request.wake_fd(), POLLIN, 0},
                                {stopped.get(), POLLIN, 0}}};
    if (::poll(wait.data(), wait.size(), kPollMs) < 0 && errno != EINTR)
      return fail(Code::internal, "cannot wait for the broker: poll failed");
    report(run, options, events);
    if (reload_request.take()) WXSEC_TRY(reload(run, options, events, program));
    if (!run.child->running()) {
      const auto ending = run.child->wait(Deadline::in(kStopGrace));
      return fail(Code::child_failed, fmt::format("mosquitto ended by itself ({}): {}",
                                                  ending ? proc::to_string(*ending) : "?",
                                                  last_words(run.child->recent_output())));
    }
  }
  run.child->stop(kStopGrace);
  report(run, options, events);
  return {};
}

}  // namespace

ReloadRequest::ReloadRequest() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
ReloadRequest::~ReloadRequest() { ::close(fd_); }
void ReloadRequest::ask() { wake(fd_); }
int ReloadRequest::wake_fd() const { return fd_; }
bool ReloadRequest::take() { return drain(fd_); }

Result<void> run_broker(const RunOptions& options, const RunEvents& events,
                        ReloadRequest& reload_request, std::stop_token stop) {
  const core::Path program = WXSEC_TRY(proc::which(options.program, "mosquitto"));
  Running run = WXSEC_TRY(start_with_port(options, program));
  auto listening = WXSEC_TRY(check_listeners(run));
  warn(events, run.warnings);
  if (run.settings.security == Security::plaintext_lesson)
    warn(events, {lesson_warning(run.settings)});
  if (events.on_ready) events.on_ready(ready_of(run, std::move(listening)));
  return supervise(run, options, events, reload_request, program, stop);
}

}  // namespace wxsec::broker
