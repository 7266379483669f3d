// One function a route. Each reads its parameters, asks the store, renders; whatever goes wrong
// becomes a Problem. The table at the end is the whole map of the API.
#include "src/api/routes.h"

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "lib/core/escape.h"
#include "src/api/metrics.h"
#include "src/api/openapi.h"
#include "src/api/page.h"
#include "src/api/problem.h"
#include "src/api/query.h"
#include "src/api/render.h"
#include "src/weather/station.h"

namespace wxsec::api {
namespace {

using http::Request;
using http::Response;

Response fresh(Format format, std::string body) {
  Response response;
  response.content_type = media_type(format);
  if (format == Format::csv) response.content_type += "; charset=utf-8; header=present";
  response.body = std::move(body);
  response.headers = {{"Cache-Control", "no-cache"}, {"Vary", "Accept"}};
  return response;
}

Response problem(const Request& request, const Problem& problem) {
  return to_response(problem, request.path);
}

// The station's view, or why there is none.
Answer<StationView> find_station(const Request& request, World& world) {
  const std::string id(request.parameter("id"));
  if (const auto valid = weather::check_station_id(id); !valid) {
    return Problem{400, "invalid-station", "Invalid station id", valid.error().what};
  }
  auto summary = world.store.station(id);
  if (!summary) return store_unavailable(summary.error());
  StationView view{.station = id, .status = {}, .summary = std::move(*summary)};
  const auto statuses = world.live.statuses();
  if (const auto known = statuses.find(id); known != statuses.end()) view.status = known->second;
  if (view.status || view.summary) return view;
  return Problem{404, "unknown-station", "Unknown station",
                 fmt::format("no station {} has reported", id)};
}

Response stations(const Request& request, World& world) {
  if (const auto bad = check_parameters(request, {"format"})) return problem(request, *bad);
  const auto format = choose_format(request, {Format::json, Format::csv, Format::geojson});
  if (const auto* bad = std::get_if<Problem>(&format)) return problem(request, *bad);
  auto summaries = world.store.stations();
  if (!summaries) return problem(request, store_unavailable(summaries.error()));
  const auto views = join(std::move(*summaries), world.live.statuses());
  switch (std::get<Format>(format)) {
    case Format::csv: return fresh(Format::csv, stations_csv(views));
    case Format::geojson: return fresh(Format::geojson, stations_geojson(views));
    default: return fresh(Format::json, stations_json(views));
  }
}

Response station(const Request& request, World& world) {
  if (const auto bad = check_parameters(request, {})) return problem(request, *bad);
  const auto view = find_station(request, world);
  if (const auto* bad = std::get_if<Problem>(&view)) return problem(request, *bad);
  return fresh(Format::json, station_json(std::get<StationView>(view)));
}

Response latest(const Request& request, World& world) {
  if (const auto bad = check_parameters(request, {"format"})) return problem(request, *bad);
  const auto format = choose_format(request, {Format::json, Format::csv, Format::senml});
  if (const auto* bad = std::get_if<Problem>(&format)) return problem(request, *bad);
  const auto found = find_station(request, world);
  if (const auto* bad = std::get_if<Problem>(&found)) return problem(request, *bad);
  const StationView& view = std::get<StationView>(found);
  if (!view.summary) {
    return problem(request, {404, "no-readings", "No readings yet",
                             fmt::format("{} has sent no reading", view.station)});
  }
  const weather::Reading& reading = view.summary->latest;
  switch (std::get<Format>(format)) {
    case Format::csv: return fresh(Format::csv, readings_csv(view.station, {&reading, 1}));
    case Format::senml: return fresh(Format::senml, readings_senml(view.station, {&reading, 1}));
    default: return fresh(Format::json, reading_json(view.station, reading) + "\n");
  }
}

Response readings(const Request& request, World& world) {
  const auto format = choose_format(request, {Format::json, Format::csv, Format::senml});
  if (const auto* bad = std::get_if<Problem>(&format)) return problem(request, *bad);
  const auto found = find_station(request, world);
  if (const auto* bad = std::get_if<Problem>(&found)) return problem(request, *bad);
  const std::string& id = std::get<StationView>(found).station;
  const auto query = parse_range(request, id);
  if (const auto* bad = std::get_if<Problem>(&query)) return problem(request, *bad);
  const auto page = world.store.range(std::get<store::RangeQuery>(query));
  if (!page) return problem(request, store_unavailable(page.error()));
  Response response;
  switch (std::get<Format>(format)) {
    case Format::csv: response = fresh(Format::csv, readings_csv(id, page->readings)); break;
    case Format::senml: response = fresh(Format::senml, readings_senml(id, page->readings)); break;
    default: response = fresh(Format::json, readings_json(id, *page));
  }
  // For the formats without room for it. RFC 8288.
  if (page->next) {
    response.headers.emplace_back(
        "Link", fmt::format("<?cursor={}>; rel=\"next\"", encode_cursor(*page->next)));
  }
  return response;
}

Response events(const Request& request, World& world) {
  Response response;
  response.content_type = "text/event-stream";
  response.events = world.events;
  response.last_event_id = request.header("Last-Event-ID").value_or("");
  return response;
}

Response healthz(const Request&, World&) {
  Response response = http::json_response(200, "{\"status\":\"ok\"}\n");
  response.headers = {{"Cache-Control", "no-store"}};
  return response;
}

Response readyz(const Request&, World& world) {
  const auto health = world.store.health();
  const BrokerState broker = world.live.broker();
  const bool broker_ready = broker.connected || !broker.expected;
  nlohmann::ordered_json body{{"status", health && broker_ready ? "ready" : "not ready"}};
  body["store"] = health ? "ok" : core::escape_terminal(health.error().what);
  body["broker"] = !broker.expected   ? "none"
                   : broker.connected ? "connected"
                                      : core::escape_terminal(broker.problem);
  if (health) {
    body["readings"] = health->readings;
    body["stations"] = health->stations;
    body["missing"] = health->missing;
  }
  Response response = http::json_response(
      health && broker_ready ? 200 : 503,
      body.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  response.headers = {{"Cache-Control", "no-store"}};
  return response;
}

Response metrics(const Request&, World& world) {
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text(world.live, world.store.health());
  response.headers = {{"Cache-Control", "no-store"}};
  return response;
}

Response openapi(const Request&, World&) {
  Response response = http::json_response(200, openapi_json());
  response.headers = {{"Cache-Control", "max-age=300"}};
  return response;
}

// Everything of the page is from this origin and nothing is inline.
constexpr const char* kPagePolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Response front_page(const Request& request, World& world) {
  Response response = http::html_response(200, page_html(request.sender, world));
  response.headers = {{"Cache-Control", "no-cache"}, {"Content-Security-Policy", kPagePolicy}};
  return response;
}

Response page_part(const Request& request, World& world) {
  Response response = http::html_response(200, page_main_html(request.sender, world));
  response.headers = {{"Cache-Control", "no-cache"}};
  return response;
}

Response asset(std::string_view type, std::string_view body) {
  Response response;
  response.content_type = type;
  response.body = body;
  response.headers = {{"Cache-Control", "no-cache"}};
  return response;
}

Response style(const Request&, World&) { return asset("text/css; charset=utf-8", page_style()); }
Response script(const Request&, World&) {
  return asset("text/javascript; charset=utf-8", page_script());
}
Response icon(const Request&, World&) { return asset("image/svg+xml", page_icon()); }

constexpr std::array kRoutes = {
    Route{"/api/v1/stations", stations},
    Route{"/api/v1/stations/{id}", station},
    Route{"/api/v1/stations/{id}/latest", latest},
    Route{"/api/v1/stations/{id}/readings", readings},
    Route{"/api/v1/events", events},
    Route{"/api/v1/openapi.json", openapi},
    Route{"/healthz", healthz},
    Route{"/readyz", readyz},
    Route{"/metrics", metrics},
    Route{"/", front_page},
    Route{"/page/main.html", page_part},
    Route{"/page/style.css", style},
    Route{"/page/script.js", script},
    Route{"/page/icon.svg", icon},
};

// FNV-1a of the body: tells versions apart, and need not withstand an attacker.
std::string entity_tag(const Response& response) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const std::string& part : {response.content_type, response.body}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return fmt::format("\"{:016x}\"", hash);
}

// RFC 9110 13.1.2: "*", or a list of tags, compared weakly.
bool matches(std::string_view if_none_match, std::string_view tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Response answer(const Route& route, const Request& request, World& world) {
  Response response = route.answer(request, world);
  if (response.status != 200 || response.events) return response;
  const std::string tag = entity_tag(response);
  response.headers.emplace_back("ETag", tag);
  const auto known = request.header("If-None-Match");
  if (!known || !matches(*known, tag)) return response;
  response.status = 304;
  response.content_type.clear();
  response.body.clear();
  return response;
}

}  // namespace wxsec::api
