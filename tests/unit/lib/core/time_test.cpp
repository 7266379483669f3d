#include "lib/core/time.h"

#include <doctest/doctest.h>

using namespace wxsec::core;
using namespace std::chrono;

TEST_CASE("core/time: RFC 3339 goes out and comes back") {
  const Instant at = sys_days{2026y / 11 / 22} + 10h + 31min + 5s + 250ms;
  CHECK(rfc3339(at) == "2026-11-22T10:31:05.250Z");
  CHECK(parse_rfc3339("2026-11-22T10:31:05.250Z").value() == at);
  CHECK(rfc3339(floor<seconds>(at)) == "2026-11-22T10:31:05Z");
  CHECK(utc_date(at) == "2026-11-22");
}

TEST_CASE("core/time: offsets, fractions and leap seconds are read") {
  CHECK(rfc3339(parse_rfc3339("2026-11-22T11:31:05+01:00").value()) == "2026-11-22T10:31:05Z");
  CHECK(rfc3339(parse_rfc3339("2026-11-22t10:31:05.123456789z").value()) ==
        "2026-11-22T10:31:05.123Z");
  CHECK(rfc3339(parse_rfc3339("2016-12-31T23:59:60Z").value()) == "2016-12-31T23:59:59.999Z");
}

TEST_CASE("core/time: what is not a time is refused") {
  for (const char* text : {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                           "2026-11-22T24:00:00Z", "2026-11-22T10:31:05", "2026-11-22T10:31:05.Z",
                           "2026-11-22T10:31:05Z ", "2026-11-22T10:31:05+99:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text).has_value());
  }
}

TEST_CASE("core/time: durations") {
  CHECK(parse_duration("90d").value() == hours{90 * 24});
  CHECK(parse_duration("250ms").value() == 250ms);
  CHECK(parse_duration("15m").value() == 15min);
  for (const char* text : {"", "d", "5", "-1d", "1.5h", "1 d", "99999999999999999d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
  CHECK(human_duration(hours{90 * 24}) == "90 days");
  CHECK(human_duration(47h) == "47 hours");
  CHECK(human_duration(1s) == "1 second");
  CHECK(human_duration(-5min) == "5 minutes");
}
