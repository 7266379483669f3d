// Waiting is by the wall clock, in slices: a machine that slept over the moment, or whose clock was
// set, finds out at the next slice. A certificate of an hour and one of a year are watched by the
// same loop; what is due first sets the alarm. What failed is tried again by its own alarm
// (back_off.h): one identity that cannot be renewed must not let the others run out.
#include "src/renew/watch.h"

#include <algorithm>

#include "src/certs/authority.h"
#include "src/certs/layout.h"
#include "src/certs/passphrase.h"
#include "src/renew/back_off.h"

namespace wxsec::certs {
namespace {

// So that a certificate that is due "now", but could not be renewed, does not make the loop spin.
constexpr std::chrono::seconds kShortest{1};

bool mends_itself(core::Code code) {
  return code != core::Code::usage && code != core::Code::not_found;
}

// A daemon whose passphrase does not fit would look healthy until something is due, months later.
// One whose authority is not here, or lies open, starts.
core::Result<void> check_authority_opens(const RenewOptions& renewal) {
  if (!is_authority_encrypted(renewal.dir)) return {};
  const core::Path key = Layout(renewal.dir).issuing().key;
  const auto opened = load_authority_key(key, renewal.ca_passphrase);
  if (opened || opened.error().code != core::Code::crypto) return {};
  return core::fail(core::with_context(
      opened.error(), "nothing could be renewed: the authority's key does not open"));
}

enum class Woken { by_alarm, early };  // somebody rang, or the clock went back

Woken wait_until(core::Instant then, const WatchOptions& options, WatchBell& bell,
                 const core::Clock& clock, const std::stop_token& stop) {
  const core::Instant before = clock.now();
  while (!stop.stop_requested()) {
    if (options.on_alive) options.on_alive();
    const core::Instant now = clock.now();
    const auto left = then - now;
    if (now < before - options.every) return Woken::early;
    if (left.count() <= 0) return Woken::by_alarm;
    const auto slice = std::min<std::chrono::milliseconds>(left, options.heartbeat);
    if (bell.wait(slice, stop)) return Woken::early;
  }
  return Woken::by_alarm;
}

core::Instant next_look(const core::Result<RenewReport>& round, const BackOff& back_off,
                        std::chrono::milliseconds every, core::Instant now) {
  const core::Instant again = std::max<core::Instant>(back_off.next(), now + kShortest);
  return round ? std::min(next_round(*round, every, now), again) : again;
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

core::Result<void> watch(WatchOptions options, WatchBell& bell, const core::Clock& clock,
                         const std::stop_token& stop) {
  WXSEC_TRY(check_authority_opens(options.renewal));
  BackOff back_off(options.retry, options.every);
  for (bool first = true; !stop.stop_requested(); first = false) {
    const core::Instant began = clock.now();
    options.renewal.resting = back_off.resting(began);
    auto round = renew(options.renewal, clock, stop);
    if (round && options.others) options.others(*round, options.on_alive, stop);
    if (stop.stop_requested()) break;
    if (!round && first && !mends_itself(round.error().code)) return core::fail(round.error());
    const core::Instant now = clock.now();
    back_off.note(round, began, now);
    const core::Instant next = next_look(round, back_off, options.every, now);
    if (options.on_round) options.on_round(round, next);
    if (wait_until(next, options, bell, clock, stop) == Woken::early) back_off.wake();
  }
  return {};
}

}  // namespace wxsec::certs
