// MQTT payloads come from whoever could reach the broker, so decoding is strict about what we use
// and blind to the rest. nlohmann-json parses without exceptions here: every access below is
// preceded by a check of the type.
#include "src/weather/payload.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "lib/core/time.h"

namespace wxsec::weather {
namespace {

using core::Code;
using core::Result;
using nlohmann::json;
using nlohmann::ordered_json;
using Event = json::parse_event_t;

// The object in `text`. A member of the outer object that stands there twice is refused: parsers
// differ in which one counts, and an attacker could tell one thing to the API and another to a log.
Result<json> parse_object(std::string_view text) {
  if (text.size() > kMaxPayloadBytes) {
    return core::fail(Code::too_large, fmt::format("payload has {} bytes, the most is {}",
                                                   text.size(), kMaxPayloadBytes));
  }
  std::set<std::string> seen;
  std::string repeated;
  const auto watch = [&](int depth, Event event, json& name) {
    if (event == Event::key && depth == 1 && !seen.insert(name.get<std::string>()).second) {
      repeated = name.get<std::string>();
    }
    return true;
  };
  json object = json::parse(text, watch, false);
  if (object.is_discarded()) return core::fail(Code::malformed, "payload is not JSON");
  if (!object.is_object()) return core::fail(Code::malformed, "payload is not a JSON object");
  if (!repeated.empty()) {
    return core::fail(Code::malformed, fmt::format("{} stands there twice", repeated));
  }
  return object;
}

Result<const json*> member(const json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end()) return core::fail(Code::malformed, fmt::format("{} is missing", name));
  return &*found;
}

Result<double> number(const json& object, std::string_view name) {
  const json* const value = WXSEC_TRY(member(object, name));
  if (!value->is_number()) {
    return core::fail(Code::malformed, fmt::format("{} is not a number", name));
  }
  return value->get<double>();
}

Result<std::uint64_t> integer(const json& object, std::string_view name, std::uint64_t least,
                              std::uint64_t most) {
  const json* const value = WXSEC_TRY(member(object, name));
  if (!value->is_number_integer()) {
    return core::fail(Code::malformed, fmt::format("{} is not an integer", name));
  }
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least ||
      value->get<std::uint64_t>() > most) {
    return core::fail(Code::malformed, fmt::format("{} is {}, it must be {} to {}", name,
                                                   value->dump(), least, most));
  }
  return value->get<std::uint64_t>();
}

Result<std::string> text(const json& object, std::string_view name) {
  const json* const value = WXSEC_TRY(member(object, name));
  if (!value->is_string()) {
    return core::fail(Code::malformed, fmt::format("{} is not a string", name));
  }
  return value->get<std::string>();
}

Result<core::Instant> time(const json& object, std::string_view name) {
  auto instant = core::parse_rfc3339(WXSEC_TRY(text(object, name)));
  if (!instant) return core::fail(Code::malformed, fmt::format("{} is not RFC 3339", name));
  return instant;
}

Result<double> number_within(const json& object, std::string_view name, double least, double most) {
  const double value = WXSEC_TRY(number(object, name));
  if (value >= least && value <= most) return value;
  return core::fail(Code::malformed,
                    fmt::format("{} is {}, it must be {} to {}", name, value, least, most));
}

Result<Place> place(const json& object) {
  return Place{WXSEC_TRY(number_within(object, "latitude_deg", -90, 90)),
               WXSEC_TRY(number_within(object, "longitude_deg", -180, 180)),
               WXSEC_TRY(number_within(object, "elevation_m", -500, 9000))};
}

Result<Stored> stored(const json& object) {
  Stored stored;
  stored.from = WXSEC_TRY(integer(object, "stored_from", 1, kMaxSequence));
  stored.through = WXSEC_TRY(integer(object, "stored_through", stored.from, kMaxSequence));
  stored.next_sequence =
      WXSEC_TRY(integer(object, "next_sequence", stored.through, kMaxSequence + 1));
  return stored;
}

std::string dump(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string encode(const Reading& reading) {
  ordered_json object;
  for (const Field& field : kFields) {
    object[std::string(field.name)] = rounded(field, reading.*field.value);
  }
  object["sequence"] = reading.sequence;
  object["time"] = core::rfc3339(reading.time);
  return dump(object);
}

Result<Reading> decode_reading(std::string_view payload) {
  const json object = WXSEC_TRY(parse_object(payload));
  Reading reading;
  for (const Field& field : kFields) {
    reading.*field.value = WXSEC_TRY(number(object, field.name));
  }
  reading.sequence = WXSEC_TRY(integer(object, "sequence", 1, kMaxSequence));
  reading.time = WXSEC_TRY(time(object, "time"));
  WXSEC_TRY(check(reading));
  return reading;
}

std::optional<std::uint64_t> legible_sequence(std::string_view payload) {
  const auto object = parse_object(payload);
  if (!object) return std::nullopt;
  const auto sequence = integer(*object, "sequence", 1, kMaxSequence);
  if (!sequence) return std::nullopt;
  return *sequence;
}

std::string encode(const Status& status) {
  ordered_json object{{"state", status.online ? "online" : "offline"}};
  if (status.time) object["time"] = core::rfc3339(*status.time);
  if (status.place) {
    object["latitude_deg"] = status.place->latitude_deg;
    object["longitude_deg"] = status.place->longitude_deg;
    object["elevation_m"] = status.place->elevation_m;
  }
  return dump(object);
}

Result<Status> decode_status(std::string_view payload) {
  const json object = WXSEC_TRY(parse_object(payload));
  const std::string state = WXSEC_TRY(text(object, "state"));
  if (state != "online" && state != "offline") {
    return core::fail(Code::malformed, "state is neither online nor offline");
  }
  Status status{.online = state == "online"};
  if (object.contains("time")) status.time = WXSEC_TRY(time(object, "time"));
  if (object.contains("latitude_deg")) status.place = WXSEC_TRY(place(object));
  return status;
}

std::string encode(const Stored& stored) {
  return dump({{"stored_from", stored.from},
               {"stored_through", stored.through},
               {"next_sequence", stored.next_sequence}});
}

std::string encode(const Refused& refused) {
  return dump({{"refused", refused.sequence}, {"reason", refused.reason}});
}

Result<Acknowledgement> decode_acknowledgement(std::string_view payload) {
  const json object = WXSEC_TRY(parse_object(payload));
  if (!object.contains("refused")) return Acknowledgement{WXSEC_TRY(stored(object))};
  Refused refused;
  refused.sequence = WXSEC_TRY(integer(object, "refused", 1, kMaxSequence));
  refused.reason = WXSEC_TRY(text(object, "reason"));
  return Acknowledgement{std::move(refused)};
}

std::string encode(const Command& command) { return dump({{"interval_s", command.interval_s}}); }

Result<Command> decode_command(std::string_view payload) {
  const json object = WXSEC_TRY(parse_object(payload));
  const std::uint64_t interval = WXSEC_TRY(integer(object, "interval_s", 1, 3600));
  return Command{static_cast<unsigned>(interval)};
}

}  // namespace wxsec::weather
