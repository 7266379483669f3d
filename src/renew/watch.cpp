// Waiting is by the wall clock, in slices: a machine that slept over the moment, or whose clock was
// set, finds out at the next slice. A certificate of an hour and one of a year are watched by the
// same loop; what is due first sets the alarm.
#include "src/renew/watch.h"

#include <algorithm>

namespace wxsec::certs {
namespace {

// So that a certificate that is due "now", but could not be renewed, does not make the loop spin.
constexpr std::chrono::seconds kShortest{1};

bool mends_itself(core::Code code) {
  return code != core::Code::usage && code != core::Code::not_found;
}

void wait_until(core::Instant then, const WatchOptions& options, WatchBell& bell,
                const core::Clock& clock, const std::stop_token& stop) {
  const core::Instant before = clock.now();
  while (!stop.stop_requested()) {
    if (options.on_alive) options.on_alive();
    const core::Instant now = clock.now();
    const auto left = then - now;
    if (left.count() <= 0 || now < before - options.every) return;  // or the clock went back
    const auto slice = std::min<std::chrono::milliseconds>(left, options.heartbeat);
    if (bell.wait(slice, stop)) return;
  }
}

}  // namespace

void WatchBell::ring() {
  const std::scoped_lock lock(mutex_);
  rung_ = true;
  changed_.notify_all();
}

bool WatchBell::wait(std::chrono::milliseconds span, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, span, [this] { return rung_; });
  return std::exchange(rung_, false);
}

core::Instant next_round(const RenewReport& report, std::chrono::milliseconds every,
                         core::Instant now) {
  core::Instant next = now + every;
  for (const RenewItem& item : report.items) {
    const bool ours = item.state == RenewState::not_due || item.state == RenewState::renewed;
    if (ours) next = std::min(next, item.due);
  }
  return std::max<core::Instant>(next, now + kShortest);
}

core::Result<void> watch(const WatchOptions& options, WatchBell& bell, const core::Clock& clock,
                         const std::stop_token& stop) {
  auto pause = options.retry;
  for (bool first = true; !stop.stop_requested(); first = false) {
    auto round = renew(options.renewal, clock, stop);
    if (round && options.others) options.others(*round, options.on_alive, stop);
    if (stop.stop_requested()) break;
    if (!round && first && !mends_itself(round.error().code)) return core::fail(round.error());
    const core::Instant now = clock.now();
    const bool good = round && !round->failed();  // trying again does not renew what is foreign
    core::Instant next = good ? next_round(*round, options.every, now) : now + pause;
    pause = good ? options.retry : std::min(pause * 2, options.every);
    if (options.on_round) options.on_round(round, next);
    wait_until(next, options, bell, clock, stop);
  }
  return {};
}

}  // namespace wxsec::certs
