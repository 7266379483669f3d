// Readings and stations as the formats of the API (PROTOCOL.md section 5). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/api/live.h"
#include "src/store/reading_store.h"

namespace wxsec::api {

// A station as the API lists it: what the store has, and what its status message said.
struct StationView {
  std::string station;
  std::optional<weather::Status> status;         // nothing: never said
  std::optional<store::StationSummary> summary;  // nothing: no reading yet
};

// Both lists joined, by name.
std::vector<StationView> join(std::vector<store::StationSummary> summaries,
                              const Live::Statuses& statuses);

std::string stations_json(std::span<const StationView> stations);
std::string station_json(const StationView& station);
std::string stations_csv(std::span<const StationView> stations);
// RFC 7946; a station that has not told its place has a null geometry.
std::string stations_geojson(std::span<const StationView> stations);

std::string reading_json(std::string_view station, const weather::Reading& reading);
std::string readings_json(std::string_view station, const store::Page& page);
std::string readings_csv(std::string_view station, std::span<const weather::Reading> readings);
// RFC 8428: a base record with name and time for each reading, then its values.
std::string readings_senml(std::string_view station, std::span<const weather::Reading> readings);

// "data" of a server-sent event.
std::string status_event(std::string_view station, const weather::Status& status);

}  // namespace wxsec::api
