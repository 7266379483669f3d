// What a line of Mosquitto's log means, in plain words.
#pragma once

#include <string>
#include <string_view>

namespace wxsec::broker {

// A sentence or two with what to do; empty for lines that speak for themselves. Client ids and
// names in `line` come from the network and are not repeated in the answer.
std::string explain_log_line(std::string_view line);

// Whether it only tells that somebody came or went.
bool is_connection_line(std::string_view line);

// Whether it tells of something refused or broken.
bool is_trouble(std::string_view line);

}  // namespace wxsec::broker
