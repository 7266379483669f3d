#include <doctest/doctest.h>

#include <string>

#include "lib/mqtt/client.h"

using wxsec::mqtt::valid_filter;
using wxsec::mqtt::valid_topic;

TEST_CASE("mqtt/topic: names to publish to have no wildcard, no NUL, and fit two bytes of length") {
  for (const char* good : {"a", "/", "wx/station-0001/reading", "\xc3\xa4/b", " "})
    CHECK_MESSAGE(valid_topic(good), good);
  CHECK(valid_topic(std::string(65535, 'a')));
  CHECK_FALSE(valid_topic(std::string(65536, 'a')));
  CHECK_FALSE(valid_topic(std::string("a\0b", 3)));
  for (const char* bad : {"", "a/+", "#", "a#", "\xff", "\xed\xa0\x80"})
    CHECK_FALSE_MESSAGE(valid_topic(bad), bad);
}

TEST_CASE("mqtt/topic: wildcards stand alone in their level, # last") {
  // The examples of MQTT 5 4.7.1.
  for (const char* good : {"sport/tennis/player1/#", "sport/#", "#", "+", "+/tennis/#",
                           "sport/+/player1", "/+", "wx/+/reading"})
    CHECK_MESSAGE(valid_filter(good), good);
  for (const char* bad : {"", "sport/tennis#", "sport/tennis/#/ranking", "sport+", "a/+b", "##"})
    CHECK_FALSE_MESSAGE(valid_filter(bad), bad);
}
