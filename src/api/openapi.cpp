#include "src/api/openapi.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "src/weather/reading.h"

namespace wxsec::api {
namespace {

using json = nlohmann::ordered_json;

json reference(std::string_view schema) {
  return {{"$ref", fmt::format("#/components/schemas/{}", schema)}};
}

json nullable(std::string_view schema) {
  return {{"oneOf", json::array({reference(schema), {{"type", "null"}}})}};
}

json reading_schema() {
  json properties{{"station", {{"$ref", "#/components/schemas/StationId"}}}};
  json required = json::array({"station"});
  for (const weather::Field& field : weather::kFields) {
    properties[std::string(field.name)] = {
        {"type", "number"},
        {"minimum", field.least},
        {"maximum", field.most},
        {"description", fmt::format("{}, {} (CF: {})", field.label, field.unit, field.cf_name)}};
    required.push_back(field.name);
  }
  properties["sequence"] = {
      {"type", "integer"}, {"minimum", 1}, {"maximum", weather::kMaxSequence}};
  properties["time"] = {{"type", "string"}, {"format", "date-time"}};
  required.push_back("sequence");
  required.push_back("time");
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

json station_schema() {
  const json count{{"type", "integer"}, {"minimum", 0}};
  json run{{"type", "object"},
           {"properties", {{"from", count}, {"through", count}}},
           {"required", {"from", "through"}}};
  json properties{
      {"station", reference("StationId")},
      {"state", {{"enum", {"online", "offline", "unknown"}}}},
      {"state_since", {{"type", {"string", "null"}}, {"format", "date-time"}}},
      {"readings", count},
      {"missing", {{"type", "integer"}, {"description", "sequences that never came"}}},
      {"stored", {{"type", "array"}, {"items", run}, {"description", "runs of sequences"}}},
      {"latest", nullable("Reading")}};
  return {
      {"type", "object"},
      {"properties", properties},
      {"required", {"station", "state", "state_since", "readings", "missing", "stored", "latest"}}};
}

json list_schema(std::string_view item) {
  return {{"type", "object"},
          {"properties",
           {{"items", {{"type", "array"}, {"items", reference(item)}}},
            {"next_cursor", {{"type", {"string", "null"}}}}}},
          {"required", {"items", "next_cursor"}}};
}

json problem_schema() {
  const json text{{"type", "string"}};
  return {{"type", "object"},
          {"description", "RFC 9457"},
          {"properties",
           {{"type", {{"type", "string"}, {"format", "uri"}}},
            {"title", text},
            {"status", {{"type", "integer"}}},
            {"detail", text},
            {"instance", text},
            {"parameter", text}}},
          {"required", {"type", "title", "status", "detail"}}};
}

json schemas() {
  return {{"StationId", {{"type", "string"}, {"pattern", "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}}},
          {"Reading", reading_schema()},
          {"Station", station_schema()},
          {"ReadingList", list_schema("Reading")},
          {"StationList", list_schema("Station")},
          {"Problem", problem_schema()}};
}

json content(json schema, std::vector<std::string_view> others) {
  json types{{"application/json", {{"schema", std::move(schema)}}}};
  for (const std::string_view other : others) {
    types[std::string(other)] = {{"schema", {{"type", "string"}}}};
  }
  return types;
}

json parameter(std::string_view name, json schema, std::string_view description) {
  return {{"name", name},
          {"in", "query"},
          {"required", false},
          {"description", description},
          {"schema", std::move(schema)}};
}

json operation(std::string_view id, std::string_view summary, json parameters, json answer) {
  const json problem{
      {"description", "what went wrong"},
      {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}};
  return {{"get",
           {{"operationId", id},
            {"summary", summary},
            {"parameters", std::move(parameters)},
            {"responses",
             {{"200", {{"description", "fine"}, {"content", std::move(answer)}}},
              {"304", {{"description", "unchanged since the entity tag in If-None-Match"}}},
              {"default", problem}}}}}};
}

json format_parameter(std::vector<std::string_view> names) {
  return parameter("format", {{"enum", std::move(names)}}, "instead of Accept");
}

json paths() {
  const json id{{"name", "id"},
                {"in", "path"},
                {"required", true},
                {"schema", {{"$ref", "#/components/schemas/StationId"}}}};
  const json time{{"type", "string"}, {"format", "date-time"}};
  const json range = json::array(
      {id, parameter("from", time, "included"), parameter("to", time, "not included"),
       parameter("limit",
                 {{"type", "integer"}, {"minimum", 1}, {"maximum", 1000}, {"default", 100}},
                 "readings a page"),
       parameter("cursor", {{"type", "string"}}, "next_cursor of the page before"),
       parameter("order", {{"enum", {"asc", "desc"}}, {"default", "asc"}}, "by time"),
       format_parameter({"json", "csv", "senml"})});
  const json text{{"text/plain", {{"schema", {{"type", "string"}}}}}};
  const json object{{"application/json", {{"schema", {{"type", "object"}}}}}};
  return {
      {"/api/v1/stations",
       operation("stations", "every station",
                 json::array({format_parameter({"json", "csv", "geojson"})}),
                 content(reference("StationList"), {"text/csv", "application/geo+json"}))},
      {"/api/v1/stations/{id}",
       operation("station", "one station", json::array({id}), content(reference("Station"), {}))},
      {"/api/v1/stations/{id}/latest",
       operation("latest", "its latest reading",
                 json::array({id, format_parameter({"json", "csv", "senml"})}),
                 content(reference("Reading"), {"text/csv", "application/senml+json"}))},
      {"/api/v1/stations/{id}/readings",
       operation("readings", "its readings, a page at a time", range,
                 content(reference("ReadingList"), {"text/csv", "application/senml+json"}))},
      {"/api/v1/events", operation("events", "server-sent events: reading, status", json::array(),
                                   {{"text/event-stream", {{"schema", {{"type", "string"}}}}}})},
      {"/healthz", operation("healthz", "200 while the process answers", json::array(), object)},
      {"/readyz", operation("readyz", "200 when store and broker work", json::array(), object)},
      {"/metrics", operation("metrics", "Prometheus' text format", json::array(), text)}};
}

}  // namespace

std::string openapi_json() {
  const json document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "wxsec weather API"},
        {"version", "1"},
        {"description", "Readings of weather stations. Times are RFC 3339 UTC, errors RFC 9457."},
        {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
      {"servers", json::array({{{"url", "/"}}})},
      {"paths", paths()},
      {"components", {{"schemas", schemas()}}}};
  return document.dump(2) + "\n";
}

}  // namespace wxsec::api
