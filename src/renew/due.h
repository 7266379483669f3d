// When `renew` acts, as opposed to when `check` complains: the same threshold, but so that a
// renewal is never followed by another one in the same window, and a fleet does not come all at
// once.
#pragma once

#include <chrono>

#include "lib/core/clock.h"
#include "lib/pki/certificate.h"
#include "src/certs/threshold.h"

namespace wxsec::certs {

struct DueRule {
  Threshold within = {};
  // Each certificate waits for its own share of this, told by its serial: the same at every look.
  // Never more than a quarter of what is left when it becomes due.
  std::chrono::milliseconds jitter{0};
};

// The moment from which `certificate` is renewed. A threshold that would take it in the first tenth
// of its life (30d asked of a certificate of six days) would renew at every run, so the default
// share is used instead.
core::Instant renewal_due(const pki::Certificate& certificate, const DueRule& rule);

}  // namespace wxsec::certs
