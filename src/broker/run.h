// The real Mosquitto as a child of ours: checked before, watched while it runs, gone when we are.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "src/broker/listening.h"
#include "src/broker/settings.h"

namespace wxsec::broker {

struct RunOptions {
  Settings settings;    // port 0: a free one is chosen
  core::Path work_dir;  // configuration is written there; created if need be
  std::string program = "mosquitto";
  std::chrono::milliseconds ready_timeout{10'000};
  bool log_connections = true;  // pass on "New client connected ..." lines too
};

struct Ready {
  std::string address;
  std::uint16_t port = 0;
  int pid = 0;
  core::Path conf;
  std::vector<Listener> listening;  // what is really bound, by /proc
};

struct LogLine {
  std::string raw;          // as Mosquitto wrote it, untrusted: client ids are in it
  std::string explanation;  // in plain words, with what to do; empty where the line needs none
};

// Called from the thread of run_broker; each may be empty.
struct RunEvents {
  std::function<void(const Ready&)> on_ready;
  std::function<void(const LogLine&)> on_log;
  // At every start: what the lesson mode loses, a pair that is due for renewal or exposed, files
  // that had been edited by hand. At a reload: why there was none.
  std::function<void(std::string_view)> on_warning;
  std::function<void()> on_reload;      // SIGHUP was passed on
  std::function<void()> on_trust = {};  // likewise, and the changed ca.pem was read
  // Stopped and started again, since a reload would not do; with the new process.
  std::function<void(const Ready&)> on_restart = {};
};

// Thread-safe: asks a running broker to read its certificate, ACL, password and revocation files
// again. A changed cafile is taken over by Mosquitto 2.0.11 in the same way, for new connections;
// another version, or one that does not read it within two seconds, is stopped in good order
// (sessions and queued messages go to the disk) and started again on the same port, which is closed
// for that moment.
class ReloadRequest {
 public:
  ReloadRequest();
  ~ReloadRequest();
  ReloadRequest(const ReloadRequest&) = delete;
  ReloadRequest& operator=(const ReloadRequest&) = delete;
  void ask();
  int wake_fd() const;  // readable while a request waits
  bool take();          // true once per request

 private:
  int fd_ = -1;
};

// Runs until `stop` is asked for (a success) or the child ends by itself (child_failed, with its
// last words). Fails before the start: missing_program, permission (a key that the broker's user
// cannot read; the hint says how to mend it), usage, crypto (certificate and key do not belong
// together, or it has expired), malformed (authority or revocation list), busy (port taken). Of
// these only permission may leave a written configuration behind. Fails after it with internal if
// something else listens than asked for: the child is stopped then.
core::Result<void> run_broker(const RunOptions& options, const RunEvents& events,
                              ReloadRequest& reload, std::stop_token stop);

}  // namespace wxsec::broker
