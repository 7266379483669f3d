// The JSON that travels in MQTT messages, to structs and back (PROTOCOL.md sections 2 to 4).
// Encoding never fails; decoding fails with malformed or too_large and names the member at fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/weather/reading.h"

namespace wxsec::weather {

inline constexpr std::size_t kMaxPayloadBytes = 4096;

// One line, members in the order of PROTOCOL.md, values rounded to their decimals.
std::string encode(const Reading& reading);
// Unknown members are ignored; a missing, mistyped, repeated or out-of-limits one is the error.
core::Result<Reading> decode_reading(std::string_view json);

// The sequence of a payload that decode_reading refused, if one can be read in it at all.
std::optional<std::uint64_t> legible_sequence(std::string_view json);

// Where a station stands. WGS 84, metres above sea level.
struct Place {
  double latitude_deg = 0;
  double longitude_deg = 0;
  double elevation_m = 0;
  bool operator==(const Place&) const = default;
};

// wx/<station>/status; the last will carries no time, a station that knows its place tells it.
struct Status {
  bool online = false;
  std::optional<core::Instant> time = {};
  std::optional<Place> place = {};
  bool operator==(const Status&) const = default;
};
std::string encode(const Status& status);
core::Result<Status> decode_status(std::string_view json);

// wx/<station>/stored: all sequences from first to last are on the store's disk.
struct Stored {
  std::uint64_t from = 0;
  std::uint64_t through = 0;
  std::uint64_t next_sequence = 0;
  bool operator==(const Stored&) const = default;
};
// wx/<station>/stored: this one will never be; drop it.
struct Refused {
  std::uint64_t sequence = 0;
  std::string reason;  // untrusted when received
  bool operator==(const Refused&) const = default;
};
using Acknowledgement = std::variant<Stored, Refused>;
std::string encode(const Stored& stored);
std::string encode(const Refused& refused);
core::Result<Acknowledgement> decode_acknowledgement(std::string_view json);

// wx/<station>/cmd.
struct Command {
  unsigned interval_s = 0;  // 1 to 3600
  bool operator==(const Command&) const = default;
};
std::string encode(const Command& command);
core::Result<Command> decode_command(std::string_view json);

}  // namespace wxsec::weather
