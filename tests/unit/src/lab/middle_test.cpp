#include "src/lab/middle.h"

#include <doctest/doctest.h>

#include "src/weather/payload.h"

using namespace wxsec;
using namespace wxsec::lab;

namespace {

weather::Reading reading(double temperature_c, std::uint64_t sequence) {
  weather::Reading out;
  out.temperature_c = temperature_c;
  out.pressure_hpa = 1000;
  out.sequence = sequence;
  return out;
}

}  // namespace

TEST_CASE("lab/middle: whatever the temperature, it is changed and the length stays") {
  for (const double temperature : {4.0, -3.0, 4.5, -1.5, 12.34, -12.34, 0.0}) {
    CAPTURE(temperature);
    std::string bytes = "\x32\x10" + weather::encode(reading(temperature, 7)) + "\x01\x02";
    const std::size_t length = bytes.size();
    const auto changed = tamper(bytes);
    REQUIRE(changed.size() == 1);
    CHECK(changed[0].sequence == 7);
    CHECK(changed[0].sent_c == doctest::Approx(temperature));
    CHECK(changed[0].passed_on_c > temperature);
    CHECK(bytes.size() == length);
    const auto got = weather::decode_reading(bytes.substr(2, length - 4));
    REQUIRE(got.has_value());
    CHECK(got->temperature_c == changed[0].passed_on_c);
    CHECK(got->sequence == 7);
  }
}

TEST_CASE("lab/middle: two readings in one read are both changed; what is none stays as it is") {
  std::string two = weather::encode(reading(1.5, 1)) + "xx" + weather::encode(reading(2.5, 2));
  CHECK(tamper(two).size() == 2);
  for (const std::string& other :
       {std::string(), std::string("{"), std::string("{}"), std::string("{\"temperature_c\":}"),
        std::string("{\"temperature_c\":5}"), weather::encode(reading(1.5, 1)).substr(0, 40)}) {
    std::string bytes = other;
    CHECK(tamper(bytes).empty());
    CHECK(bytes == other);
  }
}
