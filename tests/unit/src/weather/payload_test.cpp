#include "src/weather/payload.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "lib/core/time.h"

using namespace wxsec;

namespace {

weather::Reading sample() {
  return {.temperature_c = 11.4,
          .dew_point_c = 7.9,
          .relative_humidity_pct = 79.1,
          .pressure_hpa = 1009.62,
          .wind_speed_ms = 3.2,
          .wind_gust_ms = 5.1,
          .wind_direction_deg = 214,
          .precipitation_mm = 0.4,
          .sequence = 17,
          .time = *core::parse_rfc3339("2026-11-22T10:31:00Z")};
}

// The sample's JSON with one piece replaced, which must be there.
std::string with(std::string_view piece, std::string_view other) {
  std::string text = weather::encode(sample());
  const auto at = text.find(piece);
  REQUIRE(at != std::string::npos);
  return text.replace(at, piece.size(), other);
}

std::string refusal(std::string_view payload) {
  const auto reading = weather::decode_reading(payload);
  if (reading) return "accepted";
  return reading.error().what;
}

}  // namespace

TEST_CASE("weather/payload: a reading is written as PROTOCOL.md shows it") {
  CHECK(
      weather::encode(sample()) ==
      R"({"temperature_c":11.4,"dew_point_c":7.9,"relative_humidity_pct":79.1,"pressure_hpa":1009.62,)"
      R"("wind_speed_ms":3.2,"wind_gust_ms":5.1,"wind_direction_deg":214.0,"precipitation_mm":0.4,)"
      R"("sequence":17,"time":"2026-11-22T10:31:00Z"})");
}

TEST_CASE("weather/payload: a reading goes out and comes back") {
  CHECK(weather::decode_reading(weather::encode(sample())).value() == sample());
}

TEST_CASE("weather/payload: values are rounded on the way out, and never minus zero") {
  weather::Reading reading = sample();
  reading.temperature_c = 11.4049;
  reading.dew_point_c = -0.001;
  const std::string text = weather::encode(reading);
  CHECK(text.find("\"temperature_c\":11.4,") != std::string::npos);
  CHECK(text.find("\"dew_point_c\":0.0,") != std::string::npos);
}

TEST_CASE("weather/payload: unknown members and other offsets are accepted") {
  const auto extra = weather::decode_reading(with("{", R"({"station":"other","x":{"y":[1]},)"));
  CHECK(extra.value() == sample());
  const auto offset = weather::decode_reading(with("10:31:00Z", "11:31:00+01:00"));
  CHECK(offset.value() == sample());
  CHECK(weather::decode_reading(with("214.0", "214")).value() == sample());
}

TEST_CASE("weather/payload: a refusal names the member") {
  const std::pair<std::string, std::string_view> cases[] = {
      {with(R"("temperature_c":11.4,)", ""), "temperature_c is missing"},
      {with("11.4", "\"11.4\""), "temperature_c is not a number"},
      {with("11.4", "null"), "temperature_c is not a number"},
      {with("11.4", "99.5"), "temperature_c is 99.5, the most is 60"},
      {with("1009.62", "0"), "pressure_hpa is 0, the least is 300"},
      {with("214.0", "360.1"), "wind_direction_deg is 360.1, the most is 360"},
      {with(":17", ":0"), "sequence is 0, it must be 1 to 9007199254740991"},
      {with(":17", ":-1"), "sequence is -1, it must be 1 to 9007199254740991"},
      {with(":17", ":17.0"), "sequence is not an integer"},
      {with(":17", ":9007199254740992"),
       "sequence is 9007199254740992, it must be 1 to 9007199254740991"},
      {with("2026-11-22T10:31:00Z", "yesterday"), "time is not RFC 3339"},
      {with(R"("2026-11-22T10:31:00Z")", "1764000000"), "time is not a string"},
      {with("{", R"({"temperature_c":-5,)"), "temperature_c stands there twice"},
      {with("{", R"({"x":1,"x":2,)"), "x stands there twice"},
      {with("11.4", "1e999"), "payload is not JSON"},
      {with("11.4", "NaN"), "payload is not JSON"},
      {"", "payload is not JSON"},
      {"[]", "payload is not a JSON object"},
      {"17", "payload is not a JSON object"},
      {weather::encode(sample()) + "x", "payload is not JSON"},
  };
  for (const auto& [payload, expected] : cases) CHECK(refusal(payload) == expected);
}

TEST_CASE("weather/payload: every truncation is refused") {
  const std::string whole = weather::encode(sample());
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CHECK(refusal(whole.substr(0, n)) == "payload is not JSON");
  }
}

TEST_CASE("weather/payload: size and depth are bounded") {
  const std::string padded = with("{", R"({"x":")" + std::string(4000, 'y') + R"(",)");
  CHECK(weather::decode_reading(padded).error().code == core::Code::too_large);
  CHECK(refusal(with("11.4", std::string(1500, '[') + std::string(1500, ']'))) ==
        "temperature_c is not a number");
}

TEST_CASE("weather/payload: the sequence of a refused reading can still be told") {
  CHECK(weather::legible_sequence(with("11.4", "99.5")) == 17);
  CHECK(weather::legible_sequence(R"({"sequence":3})") == 3);
  CHECK_FALSE(weather::legible_sequence(R"({"sequence":"3"})"));
  CHECK_FALSE(weather::legible_sequence("junk"));
}

TEST_CASE("weather/payload: status, acknowledgement and command go out and come back") {
  const weather::Status up{.online = true, .time = sample().time};
  CHECK(weather::encode(up) == R"({"state":"online","time":"2026-11-22T10:31:00Z"})");
  CHECK(weather::decode_status(weather::encode(up)).value() == up);
  CHECK(weather::encode(weather::Status{}) == R"({"state":"offline"})");
  CHECK_FALSE(weather::decode_status(R"({"state":"asleep"})").has_value());

  const weather::Status placed{.online = true, .place = weather::Place{47.61, -122.33, 56}};
  CHECK(weather::decode_status(weather::encode(placed)).value() == placed);
  CHECK_FALSE(weather::decode_status(R"({"state":"online","latitude_deg":47})").has_value());
  CHECK_FALSE(weather::decode_status(
                  R"({"state":"online","latitude_deg":97,"longitude_deg":0,"elevation_m":0})")
                  .has_value());

  const weather::Stored stored{.from = 4, .through = 140, .next_sequence = 141};
  CHECK(weather::encode(stored) == R"({"stored_from":4,"stored_through":140,"next_sequence":141})");
  CHECK(std::get<weather::Stored>(
            weather::decode_acknowledgement(weather::encode(stored)).value()) == stored);
  const weather::Refused refused{.sequence = 17, .reason = "temperature_c is 99.5"};
  CHECK(std::get<weather::Refused>(
            weather::decode_acknowledgement(weather::encode(refused)).value()) == refused);
  CHECK_FALSE(
      weather::decode_acknowledgement(R"({"stored_from":9,"stored_through":3,"next_sequence":10})")
          .has_value());

  CHECK(weather::decode_command(weather::encode(weather::Command{30}))->interval_s == 30);
  CHECK_FALSE(weather::decode_command(R"({"interval_s":0})").has_value());
  CHECK_FALSE(weather::decode_command(R"({"interval_s":3601})").has_value());
}

TEST_CASE("weather/payload: broken UTF-8 in a reason does not break the encoder") {
  const std::string text = weather::encode(weather::Refused{.sequence = 1, .reason = "\xFF\xFE"});
  CHECK(weather::decode_acknowledgement(text).has_value());
}

TEST_CASE("weather/reading: a time more than an hour ahead is refused") {
  const weather::Reading reading = sample();
  CHECK(weather::check_time(reading, reading.time - std::chrono::minutes(59)).has_value());
  CHECK_FALSE(weather::check_time(reading, reading.time - std::chrono::minutes(61)).has_value());
  CHECK(weather::check_time(reading, reading.time + std::chrono::years(20)).has_value());
}
