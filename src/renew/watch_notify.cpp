#include "src/renew/watch_notify.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/time.h"
#include "lib/proc/notify.h"

namespace wxsec::certs {

std::string round_text(const core::Result<RenewReport>& round, core::Instant next) {
  if (!round)
    return fmt::format("failed: {}; again at {}", round.error().what, core::rfc3339(next));
  const auto count = [&](RenewState state) {
    return std::count_if(round->items.begin(), round->items.end(),
                         [&](const RenewItem& item) { return item.state == state; });
  };
  const auto bad = count(RenewState::failed) + count(RenewState::rolled_back);
  std::string text =
      fmt::format("{} of {} renewed", count(RenewState::renewed), round->items.size());
  if (bad > 0) text += fmt::format(", {} failed", bad);
  if (const auto foreign = count(RenewState::foreign))
    text += fmt::format(", {} due that others renew", foreign);
  if (const auto revoked = count(RenewState::revoked))
    text += fmt::format(", {} revoked and passed over", revoked);
  if (round->crl_error)
    text += round->crl_refreshed ? ", the revocation list is new and not everybody was told"
                                 : ", the revocation list needs a look";
  return text + fmt::format("; next look at {}", core::rfc3339(next));
}

core::Result<void> watch_notifying(WatchOptions options, WatchBell& bell, const core::Clock& clock,
                                   const std::stop_token& stop) {
  const proc::Notifier notifier = proc::Notifier::from_environment();
  if (const auto interval = notifier.interval())
    options.heartbeat = std::min(options.heartbeat, *interval);
  options.on_alive = [&notifier] { notifier.alive(); };
  options.on_round = [&notifier, first = true, tell = std::move(options.on_round)](
                         const core::Result<RenewReport>& round, core::Instant next) mutable {
    if (tell) tell(round, next);
    if (std::exchange(first, false)) return notifier.ready(round_text(round, next));
    notifier.status(round_text(round, next));
  };
  // A reload that takes its time must not look like a hang.
  options.renewal.on_step = [&notifier, tell = std::move(options.renewal.on_step)](
                                std::string_view name, DeployStep step, std::string_view detail) {
    notifier.alive();
    if (tell) tell(name, step, detail);
  };
  auto done = watch(std::move(options), bell, clock, stop);
  notifier.stopping();
  return done;
}

}  // namespace wxsec::certs
