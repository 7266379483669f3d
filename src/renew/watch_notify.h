// watch() as systemd's service: READY, WATCHDOG and STATUS, where it was started by one.
#pragma once

#include <string>

#include "src/renew/watch.h"

namespace wxsec::certs {

// "2 renewed; broker is due next, 2026-11-22T10:31:00Z"
std::string round_text(const core::Result<RenewReport>& round, core::Instant next);

// READY comes after the first round, whether it was good or not: a failing hook is no reason to be
// started again and again.
core::Result<void> watch_notifying(WatchOptions options, WatchBell& bell, const core::Clock& clock,
                                   const std::stop_token& stop);

}  // namespace wxsec::certs
