// Station ids and the topics made of them (PROTOCOL.md sections 1 and 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/result.h"

namespace wxsec::weather {

// One lower-case DNS label: 1 to 63 of a-z 0-9 -, no hyphen first or last. RFC 1035 2.3.1.
bool is_station_id(std::string_view text);

// The same with an error (malformed) that says what is wrong, for options and requests.
core::Result<void> check_station_id(std::string_view text);

// "station-0001" for 1; the number padded to four digits, as `wxsec certs init` names them.
std::string station_name(unsigned number);

enum class Kind { reading, status, stored, cmd };
std::string_view kind_name(Kind kind);

// "wx/<station>/<kind>".
std::string topic(std::string_view station, Kind kind);
// "wx/+/<kind>", a filter for every station.
std::string topic_of_all(Kind kind);

struct Topic {
  std::string_view station;  // into the parsed text
  Kind kind;
};
// Nothing unless it is exactly wx/<station id>/<kind>: wildcards and further levels are not.
std::optional<Topic> parse_topic(std::string_view text);

}  // namespace wxsec::weather
