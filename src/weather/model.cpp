// Weather out of chance, after Richardson (Water Resources Research 17, 1981) and its program
// WGEN: whether a day is wet follows a two-state Markov chain, the amount of rain a gamma
// distribution, and everything else is a seasonal mean plus an autoregressive disturbance that
// depends on the rain. The constants are those of Seattle 2012-15 (NOAA, public domain).
//
//     day      wet or dry, millimetres, showers          -> precipitation
//              mean temperature (annual harmonics + AR)  -> temperature = mean + range/2 * shape(h)
//              range, wider on dry days                        coldest at 05 h, warmest at 16 h
//     hour     depression below the mean, less in rain   -> dew point, never above temperature
//              sea-level pressure + semidiurnal tide     -> barometric formula -> station pressure
//              normal score -> Weibull quantile          -> wind, gust, direction
//
// A textbook generator walks from day to day. Ours must answer for any moment, so its chance comes
// from hashing (chance.h), and the Markov chain is entered where it forgets its past: on a day
// whose draw is below P(wet|dry) or above P(wet|wet) the outcome does not depend on the day before.
// Every second day is like that, so a walk back from any day is short, and exact.
#include "src/weather/model.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "src/weather/chance.h"

namespace wxsec::weather {
namespace {

constexpr double kPi = std::numbers::pi;

enum Stream : unsigned {
  rain_state,
  rain_amount,
  shower_shape,
  mean_anomaly,
  range_factor,
  dryness,
  sea_level,
  wind_day,
  wind_hour,
  gustiness,
  direction_slow,
  direction_fast,
  local_noise,
  place
};

// Solar time at the station, which is what weather follows: day number and hour of the day.
struct SolarTime {
  double days = 0;       // since the epoch, with fraction
  std::int64_t day = 0;  // floor of it
  double hour = 0;       // 0 to 24
};

SolarTime solar_time(core::Instant time, double longitude_deg) {
  const double utc_days = static_cast<double>(time.time_since_epoch().count()) / 86'400'000.0;
  const double days = utc_days + longitude_deg / 360.0;
  const double day = std::floor(days);
  return {days, static_cast<std::int64_t>(day), (days - day) * 24.0};
}

// Angle of the day in the year, 0 at the turn of the year (1970-01-01 is day 0).
double season(double day) { return 2 * kPi * std::fmod(day, 365.2425) / 365.2425; }

double smoothstep(double x) {
  const double t = std::clamp(x, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

// --- climate: least-squares harmonics of the daily data -----------------------------------------

double mean_temperature_c(double day) {
  const double a = season(day);
  return 12.34 - 6.97 * std::cos(a) - 2.66 * std::sin(a) - 0.11 * std::cos(2 * a) +
         1.22 * std::sin(2 * a);
}

double probability_wet_after_dry(double day) { return 0.26 + 0.15 * std::cos(season(day - 30)); }
double probability_wet_after_wet(double day) { return 0.60 + 0.20 * std::cos(season(day - 5)); }

constexpr double kRainShape = 0.67;
constexpr double kRainScaleMm = 10.65;

// --- rain -------------------------------------------------------------------------------------

bool is_wet(const Chance& chance, std::int64_t day) {
  const auto wet_if = [&](std::int64_t d, bool wet_before) {
    const auto at = static_cast<double>(d);
    const double limit = wet_before ? probability_wet_after_wet(at) : probability_wet_after_dry(at);
    return chance.uniform(rain_state, d) < limit;
  };
  std::int64_t first = day;  // the day whose outcome does not depend on the one before
  while (first > day - 100 && wet_if(first, true) != wet_if(first, false)) --first;
  bool wet = wet_if(first, false);
  for (std::int64_t d = first + 1; d <= day; ++d) wet = wet_if(d, wet);
  return wet;
}

double rain_of_day_mm(const Chance& chance, std::int64_t day) {
  if (!is_wet(chance, day)) return 0;
  return std::min(150.0, kRainScaleMm * chance.gamma(rain_amount, day, kRainShape));
}

// Share of a wet day's rain that has fallen by `hour`: one to three showers, each a raised cosine.
double fallen_by(const Chance& chance, std::int64_t day, double hour) {
  const auto draw = [&](int i) { return chance.uniform(shower_shape, day * 16 + i); };
  const int showers = 1 + static_cast<int>(3 * draw(0));
  double total = 0;
  double fallen = 0;
  for (int i = 0; i < showers; ++i) {
    const double half_width = 0.5 + 3.0 * draw(3 * i + 1);
    const double centre = half_width + (24 - 2 * half_width) * draw(3 * i + 2);
    const double share = 0.2 + draw(3 * i + 3);
    const double x = std::clamp((hour - centre) / half_width, -1.0, 1.0);
    total += share;
    fallen += share * 0.5 * (1 + x + std::sin(kPi * x) / kPi);
  }
  return fallen / total;
}

double rain_of_last_hour_mm(const Chance& chance, const SolarTime& at) {
  const double today = rain_of_day_mm(chance, at.day);
  const double until_now = today > 0 ? today * fallen_by(chance, at.day, at.hour) : 0;
  if (at.hour >= 1) {
    return today > 0 ? until_now - today * fallen_by(chance, at.day, at.hour - 1) : 0;
  }
  const double before = rain_of_day_mm(chance, at.day - 1);
  if (before <= 0) return until_now;
  return until_now + before * (1 - fallen_by(chance, at.day - 1, at.hour + 23));
}

// --- temperature --------------------------------------------------------------------------------

// A value of days made continuous: in the six hours on either side of midnight it passes over.
template <class DayValue>
double across_midnight(const SolarTime& at, DayValue value) {
  if (at.hour < 6) {
    const double w = smoothstep((at.hour + 6) / 12);
    return (1 - w) * value(at.day - 1) + w * value(at.day);
  }
  if (at.hour > 18) {
    const double w = smoothstep((at.hour - 18) / 12);
    return (1 - w) * value(at.day) + w * value(at.day + 1);
  }
  return value(at.day);
}

double range_of_day_c(const Chance& chance, std::int64_t day) {
  const double summer = -std::cos(season(static_cast<double>(day) - 12));
  const double typical = is_wet(chance, day) ? 5.9 + 1.0 * summer : 9.2 + 2.6 * summer;
  return typical * std::exp(0.25 * chance.noise(range_factor, day));
}

// -1 at 05 h, +1 at 16 h, two half cosines between: it warms faster than it cools.
double diurnal_shape(double hour) {
  if (hour >= 5 && hour <= 16) return -std::cos(kPi * (hour - 5) / 11);
  const double since_warmest = hour > 16 ? hour - 16 : hour + 8;
  return std::cos(kPi * since_warmest / 13);
}

// --- the rest -----------------------------------------------------------------------------------

// Saturation vapour pressure over water, hPa. WMO-No. 8, annex 4.B (Magnus).
double saturation_hpa(double celsius) {
  return 6.112 * std::exp(17.62 * celsius / (243.12 + celsius));
}

// Below `limit`, and smoothly so: far below it is `value` itself.
double held_below(double limit, double value) {
  constexpr double kSoftness = 0.4;
  return limit - kSoftness * std::log1p(std::exp((limit - value) / kSoftness));
}

double pressure_at_elevation(double sea_level_hpa, double elevation_m, double temperature_c) {
  const double lapse = 0.0065 * elevation_m;
  return sea_level_hpa * std::pow(1 - lapse / (temperature_c + lapse + 273.15), 5.257);
}

double sea_level_pressure_hpa(const Chance& chance, const SolarTime& at, double wet) {
  // Highest at 10 h and 22 h: the atmosphere's semidiurnal tide, 1 hPa from trough to crest.
  const double tide = 0.5 * std::cos(4 * kPi * (at.hour - 10) / 24);
  return 1018.6 - 3.0 * wet + 6.5 * chance.autoregressive(sea_level, at.days, 0.75) + tide;
}

double wind_mean_ms(const Chance& region, const Chance& place_chance, const SolarTime& at) {
  constexpr double kShape = 2.1;
  constexpr double kScale = 3.66;
  const double score = 0.80 * region.autoregressive(wind_day, at.days, 0.45) +
                       0.60 * place_chance.autoregressive(wind_hour, at.days * 24, 0.80);
  const double calm_share = std::max(1e-9, 0.5 * std::erfc(score / std::numbers::sqrt2));
  const double winter = 1 + 0.11 * std::cos(season(at.days - 30));
  return winter * kScale * std::pow(-std::log(calm_share), 1 / kShape);
}

double wind_direction(const Chance& region, const Chance& place_chance, const SolarTime& at) {
  const double degrees = 200 + 55 * region.autoregressive(direction_slow, at.days * 2, 0.7) +
                         12 * place_chance.autoregressive(direction_fast, at.days * 48, 0.7);
  return std::fmod(std::fmod(degrees, 360) + 360, 360);
}

}  // namespace

Model::Model(std::string_view station, std::uint64_t seed) : seed_(seed), station_(station) {
  const Chance chance(seed, station);
  const auto centred = [&](int i) { return 2 * chance.uniform(place, i) - 1; };
  elevation_m_ = std::round(5 + 345 * chance.uniform(place, 0));
  latitude_deg_ = std::round((47.61 + 0.35 * centred(1)) * 1e4) / 1e4;
  longitude_deg_ = std::round((-122.33 + 0.35 * centred(2)) * 1e4) / 1e4;
  warmth_c_ = 0.5 * centred(3) - 0.0065 * (elevation_m_ - 130);
  exposure_ = 1 + 0.2 * centred(4);
}

Reading Model::at(core::Instant time, std::uint64_t sequence) const {
  const Chance region(seed_, "");
  const Chance here(seed_, station_);
  const SolarTime now = solar_time(time, longitude_deg_);
  const double rain = rain_of_last_hour_mm(region, now);
  const double soaked = 1 - std::exp(-rain / 0.5);
  const double wet =
      across_midnight(now, [&](auto day) { return is_wet(region, day) ? 1.0 : 0.0; });
  const double range = across_midnight(now, [&](auto day) { return range_of_day_c(region, day); });

  const double mean = mean_temperature_c(now.days) + warmth_c_ +
                      2.8 * region.autoregressive(mean_anomaly, now.days, 0.74);
  const double temperature = mean + 0.5 * range * diurnal_shape(now.hour) +
                             0.3 * here.autoregressive(local_noise, now.days * 24, 0.7);
  const double depression = (6.0 - 3.2 * wet) * (1 - 0.7 * soaked) *
                            std::exp(0.35 * region.autoregressive(dryness, now.days * 2, 0.6));
  const double dew_point = held_below(temperature, mean - depression);
  const double wind = std::min(60.0, exposure_ * wind_mean_ms(region, here, now));
  const double gust_factor =
      1.35 + 0.18 * std::abs(here.noise(gustiness,
                                        now.day * 1440 + static_cast<std::int64_t>(now.hour * 60)));

  Reading reading;
  reading.temperature_c = temperature;
  reading.dew_point_c = dew_point;
  reading.relative_humidity_pct = 100 * saturation_hpa(dew_point) / saturation_hpa(temperature);
  reading.pressure_hpa =
      pressure_at_elevation(sea_level_pressure_hpa(region, now, wet), elevation_m_, temperature);
  reading.wind_speed_ms = wind;
  reading.wind_gust_ms = wind * gust_factor;
  reading.wind_direction_deg = wind_direction(region, here, now);
  reading.precipitation_mm = rain;
  for (const Field& field : kFields) {
    reading.*field.value =
        std::clamp(rounded(field, reading.*field.value), field.least, field.most);
  }
  reading.sequence = sequence;
  reading.time = time;
  return reading;
}

}  // namespace wxsec::weather
