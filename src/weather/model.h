// Simulated weather: a Richardson (1981) / WGEN generator with the climate of Seattle 2012-15.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/core/clock.h"
#include "src/weather/reading.h"

namespace wxsec::weather {

// The weather of one station. A pure function of seed, station and time: the same three give the
// same reading, in any order, in any process, so a test or a second run can predict every value.
// Physical by construction: dew point <= temperature, gust >= mean, every value within its limits.
// Immutable, so one object may be used by many threads. Costs a few microseconds a reading.
class Model {
 public:
  // Stations of one seed share the weather of their region (rain days, pressure) and differ in
  // elevation, temperature offset, exposure to wind, and noise.
  Model(std::string_view station, std::uint64_t seed);

  // The weather at `time` with that sequence number; values rounded as they are sent.
  Reading at(core::Instant time, std::uint64_t sequence) const;

  double elevation_m() const { return elevation_m_; }
  double latitude_deg() const { return latitude_deg_; }
  double longitude_deg() const { return longitude_deg_; }

 private:
  std::uint64_t seed_;
  std::string station_;
  double elevation_m_;
  double latitude_deg_;
  double longitude_deg_;
  double warmth_c_;  // this place against the region's mean
  double exposure_;  // factor on the wind
};

}  // namespace wxsec::weather
