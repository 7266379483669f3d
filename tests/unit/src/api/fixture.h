// A store with known readings, and requests made by hand.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/time.h"
#include "lib/http/event_feed.h"
#include "src/api/routes.h"
#include "src/store/reading_store.h"
#include "src/weather/reading.h"

namespace wxsec::testing {

inline const core::Instant kNow = *core::parse_rfc3339("2026-11-22T12:00:00Z");

inline weather::Reading reading(std::uint64_t sequence) {
  return {.temperature_c = 10 + static_cast<double>(sequence) / 4,
          .dew_point_c = 7.9,
          .relative_humidity_pct = 79.1,
          .pressure_hpa = 1009.62,
          .wind_speed_ms = 3.2,
          .wind_gust_ms = 5.1,
          .wind_direction_deg = 214,
          .precipitation_mm = 0.4,
          .sequence = sequence,
          .time = kNow - std::chrono::hours(1) + std::chrono::minutes(sequence)};
}

struct Fixture {
  std::unique_ptr<store::ReadingStore> store = std::move(store::open_sqlite(":memory:")).value();
  api::Live live;
  core::FixedClock clock{kNow};
  std::shared_ptr<http::EventFeed> feed = http::EventFeed::create(100);
  api::World world{*store, live, clock, feed};

  void add(const std::string& station, std::vector<std::uint64_t> sequences) {
    std::vector<store::StationReading> readings;
    for (const std::uint64_t s : sequences) readings.push_back({station, reading(s)});
    static_cast<void>(store->append(readings));
  }

  // Through the route with that pattern; `id` becomes its parameter.
  http::Response get(std::string_view pattern, std::string_view id = {}, http::Fields query = {},
                     http::Fields headers = {}) {
    http::Request request;
    request.path = std::string(pattern);
    if (const auto at = request.path.find("{id}"); at != std::string::npos) {
      request.path.replace(at, 4, id);
      request.parameters = {{"id", std::string(id)}};
    }
    request.query = std::move(query);
    request.headers = std::move(headers);
    for (const api::Route& route : api::routes()) {
      if (route.pattern == pattern) return api::answer(route, request, world);
    }
    return {.status = 599,
            .content_type = {},
            .body = {},
            .headers = {},
            .events = {},
            .last_event_id = {}};
  }
};

}  // namespace wxsec::testing
