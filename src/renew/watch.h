// Renewal as a daemon: looks, renews what is due, sleeps until the next thing is due.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/renew/renew.h"

namespace wxsec::certs {

// Makes a running watch() look at once; callable from any thread.
class WatchBell {
 public:
  void ring();
  // Waits for a ring (true), the stop or the end of `span`, whichever comes first.
  bool wait(std::chrono::milliseconds span, const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool rung_ = false;
};

struct WatchOptions {
  RenewOptions renewal = {};  // `force`, `dry_run` and `resting` are not used
  // It looks at least this often, whatever is due: identities are added, clocks are set.
  std::chrono::milliseconds every = std::chrono::hours{12};
  // What failed is tried again after this, then twice as late each time, up to `every`.
  std::chrono::milliseconds retry = std::chrono::minutes{1};
  // How often `on_alive` is called while it waits.
  std::chrono::milliseconds heartbeat = std::chrono::seconds{30};
  std::function<void(const core::Result<RenewReport>& round, core::Instant next)> on_round = {};
  std::function<void()> on_alive = {};
  // Renews in the same round what is not of this directory's authority, and corrects the report;
  // calls `alive` while it waits for others. May be empty.
  std::function<void(RenewReport& round, const std::function<void()>& alive,
                     const std::stop_token& stop)>
      others = {};
};

// When the next round should be, by what the last one saw: the earliest moment at which anything is
// due, but within `every`.
core::Instant next_round(const RenewReport& report, std::chrono::milliseconds every,
                         core::Instant now);

// Until `stop`; rounds that fail are told and tried again. Fails at once, in the first round, with
// what will not mend itself: usage, not_found; and with crypto where the directory's key is
// encrypted and the passphrase does not open it.
core::Result<void> watch(WatchOptions options, WatchBell& bell, const core::Clock& clock,
                         const std::stop_token& stop);

}  // namespace wxsec::certs
