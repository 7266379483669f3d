#include "src/weather/station.h"

#include <doctest/doctest.h>

#include <string>

using namespace wxsec;

TEST_CASE("weather/station: ids are DNS labels in lower case") {
  for (const char* good : {"a", "7", "station-0001", "sea-tac", "a--b"}) {
    CHECK_MESSAGE(weather::is_station_id(good), good);
  }
  CHECK(weather::is_station_id(std::string(63, 'x')));
  CHECK_FALSE(weather::is_station_id(std::string(64, 'x')));
  for (const char* bad : {"", "-a", "a-", "A", "a_b", "a.b", "a/b", "+", "#", "a b", "..", "$SYS",
                          "st\xC3\xA4tion", "a\n", "a\x1b[2J", "<script>", "'; drop table--"}) {
    CHECK_MESSAGE(!weather::is_station_id(bad), bad);
    CHECK(weather::check_station_id(bad).error().code == core::Code::malformed);
  }
  CHECK_FALSE(weather::is_station_id(std::string("a\0b", 3)));
}

TEST_CASE("weather/station: a refusal says what is wrong") {
  CHECK(weather::check_station_id("-a").error().what.find("hyphen") != std::string::npos);
  CHECK(weather::check_station_id("").error().what.find("empty") != std::string::npos);
  CHECK(weather::check_station_id(std::string(70, 'x')).error().what.find("63") !=
        std::string::npos);
}

TEST_CASE("weather/station: names are padded to four digits and grow beyond") {
  CHECK(weather::station_name(1) == "station-0001");
  CHECK(weather::station_name(12345) == "station-12345");
}

TEST_CASE("weather/station: topics go out and come back") {
  using weather::Kind;
  for (const Kind kind : {Kind::reading, Kind::status, Kind::stored, Kind::cmd}) {
    const std::string text = weather::topic("station-0001", kind);
    const auto topic = weather::parse_topic(text);
    REQUIRE(topic);
    CHECK(topic->station == "station-0001");
    CHECK(topic->kind == kind);
  }
  CHECK(weather::topic("sea", Kind::reading) == "wx/sea/reading");
  CHECK(weather::topic_of_all(Kind::status) == "wx/+/status");
}

TEST_CASE("weather/station: other topics are not ours") {
  for (const char* bad :
       {"", "wx", "wx/", "wx//reading", "wx/sea", "wx/sea/", "wx/sea/readings", "wx/sea/reading/",
        "wx/sea/reading/x", "/wx/sea/reading", "WX/sea/reading", "wx/+/reading", "wx/#",
        "wx/se a/reading", "$SYS/broker/version"}) {
    CHECK_MESSAGE(!weather::parse_topic(bad), bad);
  }
}
