// When a certificate is due for renewal: so much time left, or such a share of its lifetime.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"

namespace wxsec::certs {

struct Threshold {
  std::optional<std::chrono::milliseconds> left;
  std::optional<double> share;  // 0 to 1 of the lifetime
  // Neither: a third of the lifetime left, or half where it is shorter than ten days.
};

// "30d", "12h", "33%". Fails with usage.
core::Result<Threshold> parse_threshold(std::string_view text);

// The moment from which the certificate is due.
core::Instant due_at(const pki::Certificate& certificate, const Threshold& threshold);

}  // namespace wxsec::certs
