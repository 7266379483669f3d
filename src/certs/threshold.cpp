#include "src/certs/threshold.h"

#include <fmt/core.h>

#include "lib/core/number.h"
#include "lib/core/time.h"

namespace wxsec::certs {

namespace {

core::Instant exactly_due(const pki::Certificate& certificate, const Threshold& threshold) {
  if (threshold.left) return certificate.not_after - *threshold.left;
  const auto whole = pki::lifetime(certificate);
  if (threshold.share)
    return certificate.not_after - std::chrono::milliseconds(static_cast<std::int64_t>(
                                       static_cast<double>(whole.count()) * *threshold.share));
  constexpr auto kShort = std::chrono::days(10);
  return certificate.not_after - (whole < kShort ? whole / 2 : whole / 3);
}

}  // namespace

core::Result<Threshold> parse_threshold(std::string_view text) {
  if (text.ends_with('%')) {
    const auto percent = core::parse_number<int>(text.substr(0, text.size() - 1), 0, 100);
    if (percent) return Threshold{std::nullopt, *percent / 100.0};
  } else if (const auto left = core::parse_duration(text)) {
    return Threshold{*left, std::nullopt};
  }
  return core::fail(core::Code::usage, fmt::format("'{}' is not a threshold", text),
                    "write time left (30d, 12h) or a share of the lifetime (33%)");
}

core::Instant due_at(const pki::Certificate& certificate, const Threshold& threshold) {
  return std::chrono::floor<std::chrono::seconds>(exactly_due(certificate, threshold));
}
}  // namespace wxsec::certs
