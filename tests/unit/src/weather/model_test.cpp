// The simulated weather against physics, and against the measured climate that it imitates.
#include "src/weather/model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/time.h"

using namespace wxsec;
using namespace std::chrono_literals;
using core::Instant;
using weather::Model;
using weather::Reading;

namespace {

const Instant kStart = *core::parse_rfc3339("2012-01-01T08:09:20Z");  // midnight, Seattle's sun
constexpr int kDays = 1461;

struct Day {
  double rain_mm = 0;
  double highest_c = -100;
  double lowest_c = 100;
  double wind_ms = 0;
};

// Four years of one station, hour by hour.
struct Run {
  std::vector<Reading> hours;
  std::vector<Day> days;
};

const Run& simulated() {
  static const Run run = [] {
    Run made;
    const Model model("station-0001", 1);
    for (int hour = 1; hour <= kDays * 24; ++hour) {
      made.hours.push_back(model.at(kStart + hour * 1h, static_cast<std::uint64_t>(hour)));
      if (hour % 24 == 1) made.days.emplace_back();
      Day& day = made.days.back();
      const Reading& reading = made.hours.back();
      day.rain_mm += reading.precipitation_mm;
      day.highest_c = std::max(day.highest_c, reading.temperature_c);
      day.lowest_c = std::min(day.lowest_c, reading.temperature_c);
      day.wind_ms += reading.wind_speed_ms / 24;
    }
    return made;
  }();
  return run;
}

// What the shared daily data says; nothing (and a visible message) where it is absent.
std::vector<Day> measured() {
  const core::Path file = core::Path(WXSEC_SOURCE_DIR) / "../shared/weather/seattle-weather.csv";
  const auto text = core::read_file(file, 1 << 20);
  if (!text) {
    MESSAGE("skipped: no " << file.string());
    return {};
  }
  std::vector<Day> days;
  std::string_view rest(*text);
  rest.remove_prefix(rest.find('\n') + 1);
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::array<double, 4> value{};
    for (double& v : value) {
      line.remove_prefix(line.find(',') + 1);
      std::from_chars(line.data(), line.data() + line.size(), v);
    }
    days.push_back({value[0], value[1], value[2], value[3]});
  }
  return days;
}

struct Climate {
  double wet_after_dry, wet_after_wet, rain_of_wet_day, range_dry, range_wet, wind_mean, wind_sd;
  double mean_c, july_highest, january_lowest, max_lag1, rain_of_year;
};

Climate summarise(const std::vector<Day>& days) {
  Climate c{};
  std::array<std::array<double, 2>, 2> follows{};  // [yesterday][today]
  double wet = 0, dry = 0, july = 0, january = 0;
  double sum_wind = 0, sum_wind2 = 0;
  std::array<double, 366> normal{};
  std::array<double, 366> count{};
  for (std::size_t i = 0; i < days.size(); ++i) {
    const Day& day = days[i];
    const bool rainy = day.rain_mm > 0.05;
    (rainy ? wet : dry) += 1;
    (rainy ? c.range_wet : c.range_dry) += day.highest_c - day.lowest_c;
    c.rain_of_wet_day += day.rain_mm;
    c.mean_c += (day.highest_c + day.lowest_c) / 2;
    sum_wind += day.wind_ms;
    sum_wind2 += day.wind_ms * day.wind_ms;
    if (i > 0) follows[days[i - 1].rain_mm > 0.05 ? 1 : 0][rainy ? 1 : 0] += 1;
    const double of_year = std::fmod(static_cast<double>(i), 365.25);
    if (of_year >= 182 && of_year < 213) c.july_highest += day.highest_c, ++july;
    if (of_year < 31) c.january_lowest += day.lowest_c, ++january;
    for (int near = -10; near <= 10; ++near) {
      const auto bin = static_cast<std::size_t>(static_cast<int>(of_year) + near + 365) % 365;
      normal[bin] += day.highest_c;
      count[bin] += 1;
    }
  }
  const auto n = static_cast<double>(days.size());
  c.wet_after_dry = follows[0][1] / (follows[0][0] + follows[0][1]);
  c.wet_after_wet = follows[1][1] / (follows[1][0] + follows[1][1]);
  c.rain_of_year = c.rain_of_wet_day / n * 365.25;
  c.rain_of_wet_day /= wet;
  c.range_wet /= wet;
  c.range_dry /= dry;
  c.mean_c /= n;
  c.wind_mean = sum_wind / n;
  c.wind_sd = std::sqrt(sum_wind2 / n - c.wind_mean * c.wind_mean);
  c.july_highest /= july;
  c.january_lowest /= january;
  double product = 0, square = 0, before = 0;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const auto bin = static_cast<std::size_t>(std::fmod(static_cast<double>(i), 365.25)) % 365;
    const double anomaly = days[i].highest_c - normal[bin] / count[bin];
    product += anomaly * before;
    square += anomaly * anomaly;
    before = anomaly;
  }
  c.max_lag1 = product / square;
  return c;
}

double saturation_hpa(double c) { return 6.112 * std::exp(17.62 * c / (243.12 + c)); }

}  // namespace

TEST_CASE("weather/model: every reading of four years is within limits and physical") {
  for (const Reading& r : simulated().hours) {
    REQUIRE(weather::check(r).has_value());
    REQUIRE(r.dew_point_c <= r.temperature_c);
    REQUIRE(r.wind_gust_ms >= r.wind_speed_ms);
    REQUIRE(r.precipitation_mm >= 0);
    const double humidity = 100 * saturation_hpa(r.dew_point_c) / saturation_hpa(r.temperature_c);
    REQUIRE(std::abs(r.relative_humidity_pct - humidity) < 0.2);
  }
}

TEST_CASE("weather/model: same seed, station and time give the same reading, in any order") {
  const Model one("station-0001", 1);
  const Model again("station-0001", 1);
  const Reading late = one.at(kStart + 5000h, 2);
  const Reading early = one.at(kStart, 1);
  CHECK(again.at(kStart, 1) == early);
  CHECK(again.at(kStart + 5000h, 2) == late);
  CHECK(Model("station-0001", 2).at(kStart, 1).pressure_hpa != early.pressure_hpa);
  CHECK(Model("station-0002", 1).at(kStart, 1).pressure_hpa != early.pressure_hpa);
}

TEST_CASE("weather/model: it changes smoothly from minute to minute, also across midnight") {
  const Model model("station-0007", 3);
  Reading before = model.at(kStart, 1);
  for (int minute = 1; minute < 4 * 1440; ++minute) {
    const Reading now = model.at(kStart + minute * 1min, 1);
    REQUIRE(std::abs(now.temperature_c - before.temperature_c) < 0.12);
    REQUIRE(std::abs(now.pressure_hpa - before.pressure_hpa) < 0.1);
    REQUIRE(std::abs(now.dew_point_c - before.dew_point_c) < 0.4);
    REQUIRE(std::abs(now.wind_speed_ms - before.wind_speed_ms) < 0.4);
    before = now;
  }
}

TEST_CASE("weather/model: stations share their region's weather, not its every value") {
  const Model a("station-0001", 1);
  const Model b("station-0002", 1);
  int both = 0, one = 0;
  for (int hour = 0; hour < 2000; ++hour) {
    const bool rain_a = a.at(kStart + hour * 1h, 1).precipitation_mm > 0.3;
    const bool rain_b = b.at(kStart + hour * 1h, 1).precipitation_mm > 0.3;
    both += rain_a && rain_b ? 1 : 0;
    one += rain_a != rain_b ? 1 : 0;
  }
  CHECK(both > 10 * one);
  const double per_metre = (a.at(kStart, 1).pressure_hpa - b.at(kStart, 1).pressure_hpa) /
                           (b.elevation_m() - a.elevation_m());
  CHECK(per_metre == doctest::Approx(0.12).epsilon(0.1));  // barometric: 12 hPa in 100 m
}

TEST_CASE("weather/model: July is coldest around 05 h and warmest around 16 h, solar time") {
  std::array<double, 24> mean{};
  for (std::size_t i = 0; i < simulated().hours.size(); ++i) {
    const double of_year = std::fmod(static_cast<double>(i) / 24, 365.25);
    if (of_year >= 182 && of_year < 213) mean[(i + 1) % 24] += simulated().hours[i].temperature_c;
  }
  const auto coldest = std::min_element(mean.begin(), mean.end()) - mean.begin();
  const auto warmest = std::max_element(mean.begin(), mean.end()) - mean.begin();
  CHECK(std::abs(coldest - 5) <= 1);
  CHECK(std::abs(warmest - 16) <= 1);
}

TEST_CASE("weather/model: hourly temperature and daily weather are persistent") {
  const auto& hours = simulated().hours;
  double mean = 0;
  for (const Reading& r : hours) mean += r.temperature_c / static_cast<double>(hours.size());
  double product = 0, square = 0;
  for (std::size_t i = 1; i < hours.size(); ++i) {
    product += (hours[i].temperature_c - mean) * (hours[i - 1].temperature_c - mean);
    square += (hours[i].temperature_c - mean) * (hours[i].temperature_c - mean);
  }
  CHECK(product / square > 0.985);
  CHECK(product / square < 0.999);
}

TEST_CASE("weather/model: the pressure carries a semidiurnal tide of about 1 hPa") {
  double cosine = 0;
  for (std::size_t i = 0; i < simulated().hours.size(); ++i) {
    const double hour = static_cast<double>((i + 1) % 24);
    cosine += simulated().hours[i].pressure_hpa * std::cos(4 * 3.14159265 * (hour - 10) / 24);
  }
  const double amplitude = 2 * cosine / static_cast<double>(simulated().hours.size());
  CHECK(amplitude > 0.3);
  CHECK(amplitude < 0.7);
}

TEST_CASE("weather/model: the climate is that of the measured data") {
  const std::vector<Day> data = measured();
  if (data.empty()) return;
  REQUIRE(data.size() == kDays);
  const Climate real = summarise(data);
  const Climate ours = summarise(simulated().days);
  CHECK(ours.wet_after_dry == doctest::Approx(real.wet_after_dry).epsilon(0.25));
  CHECK(ours.wet_after_wet == doctest::Approx(real.wet_after_wet).epsilon(0.15));
  CHECK(ours.rain_of_wet_day == doctest::Approx(real.rain_of_wet_day).epsilon(0.25));
  CHECK(ours.rain_of_year == doctest::Approx(real.rain_of_year).epsilon(0.3));
  CHECK(ours.range_dry == doctest::Approx(real.range_dry).epsilon(0.2));
  CHECK(ours.range_wet == doctest::Approx(real.range_wet).epsilon(0.25));
  CHECK(ours.wind_mean == doctest::Approx(real.wind_mean).epsilon(0.25));  // exposure: +-20 %
  CHECK(ours.wind_sd == doctest::Approx(real.wind_sd).epsilon(0.3));
  CHECK(std::abs(ours.mean_c - real.mean_c) < 1.5);
  CHECK(std::abs(ours.july_highest - real.july_highest) < 2.5);
  CHECK(std::abs(ours.january_lowest - real.january_lowest) < 2.5);
  CHECK(std::abs(ours.max_lag1 - real.max_lag1) < 0.12);
}
