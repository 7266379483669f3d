#include "src/api/render.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "lib/core/time.h"
#include "src/api/query.h"

namespace wxsec::api {
namespace {

using nlohmann::ordered_json;
using weather::Field;
using weather::kFields;
using weather::Reading;

std::string dump(const ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json json_of(std::string_view station, const Reading& reading) {
  ordered_json json{{"station", station}};
  for (const Field& field : kFields) json[std::string(field.name)] = reading.*field.value;
  json["sequence"] = reading.sequence;
  json["time"] = core::rfc3339(reading.time);
  return json;
}

std::string_view state_of(const StationView& view) {
  if (!view.status) return "unknown";
  return view.status->online ? "online" : "offline";
}

ordered_json json_of(const StationView& view) {
  ordered_json json{{"station", view.station}, {"state", state_of(view)}, {"state_since", nullptr}};
  if (view.status && view.status->time) json["state_since"] = core::rfc3339(*view.status->time);
  json["readings"] = view.summary ? view.summary->readings : 0;
  json["missing"] = view.summary ? view.summary->missing : 0;
  json["stored"] = ordered_json::array();
  if (view.summary) {
    for (const store::Run& run : view.summary->runs) {
      json["stored"].push_back({{"from", run.first}, {"through", run.last}});
    }
  }
  json["latest"] = nullptr;
  if (view.summary) json["latest"] = json_of(view.station, view.summary->latest);
  return json;
}

// RFC 7946 3.1.2: longitude first.
ordered_json geometry_of(const StationView& view) {
  if (!view.status || !view.status->place) return nullptr;
  const weather::Place& place = *view.status->place;
  return {{"type", "Point"},
          {"coordinates", {place.longitude_deg, place.latitude_deg, place.elevation_m}}};
}

void append_csv_values(std::string& out, const Reading& reading) {
  for (const Field& field : kFields) {
    fmt::format_to(std::back_inserter(out), "{},", reading.*field.value);
  }
  fmt::format_to(std::back_inserter(out), "{},{}\r\n", reading.sequence,
                 core::rfc3339(reading.time));
}

std::string csv_header(std::string_view first_columns) {
  std::string header(first_columns);
  for (const Field& field : kFields) header += fmt::format(",{}", field.name);
  return header + ",sequence,time\r\n";
}

}  // namespace

std::vector<StationView> join(std::vector<store::StationSummary> summaries,
                              const Live::Statuses& statuses) {
  std::map<std::string, StationView, std::less<>> by_name;
  for (const auto& [station, status] : statuses) by_name[station].status = status;
  for (store::StationSummary& summary : summaries) {
    by_name[summary.station].summary = std::move(summary);
  }
  std::vector<StationView> views;
  for (auto& [station, view] : by_name) {
    view.station = station;
    views.push_back(std::move(view));
  }
  return views;
}

std::string stations_json(std::span<const StationView> stations) {
  ordered_json items = ordered_json::array();
  for (const StationView& view : stations) items.push_back(json_of(view));
  return dump({{"items", std::move(items)}, {"next_cursor", nullptr}}, 2) + "\n";
}

std::string station_json(const StationView& station) { return dump(json_of(station), 2) + "\n"; }

std::string stations_csv(std::span<const StationView> stations) {
  std::string out = csv_header("station,state,readings,missing");
  for (const StationView& view : stations) {
    if (!view.summary) {
      out += fmt::format("{},{},0,0{}\r\n", view.station, state_of(view),
                         std::string(kFields.size() + 2, ','));
      continue;
    }
    out += fmt::format("{},{},{},{},", view.station, state_of(view), view.summary->readings,
                       view.summary->missing);
    append_csv_values(out, view.summary->latest);
  }
  return out;
}

std::string stations_geojson(std::span<const StationView> stations) {
  ordered_json features = ordered_json::array();
  for (const StationView& view : stations) {
    ordered_json properties = json_of(view);
    features.push_back({{"type", "Feature"},
                        {"id", view.station},
                        {"geometry", geometry_of(view)},
                        {"properties", std::move(properties)}});
  }
  return dump({{"type", "FeatureCollection"}, {"features", std::move(features)}}, 2) + "\n";
}

std::string reading_json(std::string_view station, const Reading& reading) {
  return dump(json_of(station, reading), -1);
}

std::string readings_json(std::string_view station, const store::Page& page) {
  // One reading a line: short enough to page through with less, still one JSON document.
  std::string out = "{\"items\":[";
  for (std::size_t i = 0; i < page.readings.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out += reading_json(station, page.readings[i]);
  }
  out += page.readings.empty() ? "]" : "\n]";
  if (!page.next) return out + ",\"next_cursor\":null}\n";
  return out + fmt::format(",\"next_cursor\":\"{}\"}}\n", encode_cursor(*page.next));
}

std::string readings_csv(std::string_view station, std::span<const Reading> readings) {
  std::string out = csv_header("station");
  for (const Reading& reading : readings) {
    out += fmt::format("{},", station);
    append_csv_values(out, reading);
  }
  return out;
}

std::string readings_senml(std::string_view station, std::span<const Reading> readings) {
  ordered_json records = ordered_json::array();
  for (const Reading& reading : readings) {
    ordered_json base{{"bn", fmt::format("wx/{}/", station)},
                      {"bt", static_cast<double>(reading.time.time_since_epoch().count()) / 1000}};
    for (const Field& field : kFields) {
      ordered_json record = std::move(base);
      base = ordered_json::object();
      record["n"] = field.name;
      // RFC 8428 12.1 has %RH for relative humidity, and no hPa but as a secondary unit (RFC 8798).
      record["u"] = field.value == &Reading::relative_humidity_pct ? "%RH" : field.unit;
      record["v"] = reading.*field.value;
      records.push_back(std::move(record));
    }
    records.push_back({{"n", "sequence"}, {"v", reading.sequence}});
  }
  return dump(records, -1) + "\n";
}

std::string status_event(std::string_view station, const weather::Status& status) {
  ordered_json json{{"station", station}, {"state", status.online ? "online" : "offline"}};
  if (status.time) json["state_since"] = core::rfc3339(*status.time);
  return dump(json, -1);
}

}  // namespace wxsec::api
