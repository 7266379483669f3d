// One report of a weather station: its values, their units, names and limits.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "lib/core/clock.h"
#include "lib/core/result.h"

namespace wxsec::weather {

// PROTOCOL.md section 3 says what each value means and where it is measured.
struct Reading {
  double temperature_c = 0;
  double dew_point_c = 0;
  double relative_humidity_pct = 0;
  double pressure_hpa = 0;
  double wind_speed_ms = 0;
  double wind_gust_ms = 0;
  double wind_direction_deg = 0;
  double precipitation_mm = 0;
  std::uint64_t sequence = 0;
  core::Instant time{};

  bool operator==(const Reading&) const = default;
};

inline constexpr std::uint64_t kMaxSequence = 9007199254740991;  // 2^53 - 1: exact in JSON

// A measured value of a reading: how it is called, and between which limits it is believed.
struct Field {
  std::string_view name;     // JSON member, CSV column
  std::string_view cf_name;  // CF standard name
  std::string_view unit;     // UCUM, except "Cel" and "hPa" as written there
  std::string_view label;    // for people: "Temperature"
  double least;
  double most;
  int decimals;  // as written to JSON and shown
  double Reading::*value;
};

// The eight measured values, in the order in which they are written everywhere.
inline constexpr std::array<Field, 8> kFields{{
    {"temperature_c", "air_temperature", "Cel", "Temperature", -90, 60, 2, &Reading::temperature_c},
    {"dew_point_c", "dew_point_temperature", "Cel", "Dew point", -100, 40, 2,
     &Reading::dew_point_c},
    {"relative_humidity_pct", "relative_humidity", "%", "Humidity", 0, 100, 1,
     &Reading::relative_humidity_pct},
    {"pressure_hpa", "air_pressure", "hPa", "Pressure", 300, 1100, 2, &Reading::pressure_hpa},
    {"wind_speed_ms", "wind_speed", "m/s", "Wind", 0, 120, 2, &Reading::wind_speed_ms},
    {"wind_gust_ms", "wind_speed_of_gust", "m/s", "Gust", 0, 150, 2, &Reading::wind_gust_ms},
    {"wind_direction_deg", "wind_from_direction", "deg", "Direction", 0, 360, 0,
     &Reading::wind_direction_deg},
    {"precipitation_mm", "precipitation_amount", "mm", "Rain in an hour", 0, 500, 2,
     &Reading::precipitation_mm},
}};

// `value` to the decimals of `field`, so that what is sent, stored and shown is the same number.
double rounded(const Field& field, double value);

// Fine if every value is finite and within its limits and the sequence is 1 to kMaxSequence; else
// malformed, naming the member: "temperature_c is 99.5, the most is 60".
core::Result<void> check(const Reading& reading);

// A reading from the future would stay the latest one for ever; clocks may differ by this much.
inline constexpr std::chrono::hours kMaxAhead{1};
// Fails with malformed when the reading's time is later than `now` plus kMaxAhead.
core::Result<void> check_time(const Reading& reading, core::Instant now);

}  // namespace wxsec::weather
