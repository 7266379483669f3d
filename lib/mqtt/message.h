// What MQTT carries, and the words that both of our clients share.
#pragma once

#include <cstdint>
#include <string>

namespace wxsec::mqtt {

// The CONNECT packet's protocol level. Only 5 tells a client that its publish was denied: 3.1.1
// acknowledges it all the same.
enum class Version : std::uint8_t { v311 = 4, v5 = 5 };

enum class Qos : std::uint8_t { at_most_once = 0, at_least_once = 1 };
enum class Retain { no, yes };
enum class Session { clean, persistent };

struct Message {
  std::string topic;
  std::string payload;  // any bytes
  Qos qos = Qos::at_least_once;
  Retain retain = Retain::no;
};

}  // namespace wxsec::mqtt
