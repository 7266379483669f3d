#include "src/station/reading_line.h"

#include <fmt/core.h>

#include "lib/core/escape.h"
#include "src/weather/payload.h"

namespace wxsec::station {

std::string reading_line(const weather::Reading& reading) {
  return fmt::format(
      "{:6.1f} C  dew {:6.1f} C  {:3.0f} %  {:7.1f} hPa  wind {:4.1f} gust {:4.1f} m/s from "
      "{:3.0f} "
      "deg  rain {:.1f} mm",
      reading.temperature_c, reading.dew_point_c, reading.relative_humidity_pct,
      reading.pressure_hpa, reading.wind_speed_ms, reading.wind_gust_ms, reading.wind_direction_deg,
      reading.precipitation_mm);
}

std::string reading_line(const std::string& payload) {
  const auto reading = weather::decode_reading(payload);
  return reading ? reading_line(*reading) : core::escape_terminal(payload);
}

}  // namespace wxsec::station
