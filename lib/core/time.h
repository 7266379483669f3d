// Times as text: RFC 3339 in UTC, in and out, and durations as people write them ("90d").
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/result.h"

namespace wxsec::core {

// "2026-11-22T10:31:00Z"; with milliseconds only where they are not zero: "...:00.250Z".
std::string rfc3339(Instant at);

// "2026-11-22", the UTC day of `at`.
std::string utc_date(Instant at);

// Accepts an offset ("+01:00") and any number of fraction digits (truncated to milliseconds).
// Fails with malformed; a leap second (":60") is taken as the last millisecond before it. RFC
// 3339 5.6.
Result<Instant> parse_rfc3339(std::string_view text);

// "90d", "6h", "15m", "30s", "250ms"; one number, one unit, no sign. Fails with usage.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "89 days", "47 hours", "45 minutes", "12 seconds": the largest unit that fits at least twice;
// negative spans by their size alone.
std::string human_duration(std::chrono::milliseconds span);

}  // namespace wxsec::core
