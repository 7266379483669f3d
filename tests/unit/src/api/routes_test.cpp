#include "src/api/routes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/src/api/fixture.h"

using namespace wxsec;
using nlohmann::json;
using testing::Fixture;

namespace {

std::string header(const http::Response& response, std::string_view name) {
  return std::string(http::find_field(response.headers, name).value_or(""));
}

}  // namespace

TEST_CASE("api/routes: the list of stations joins store and status") {
  Fixture fixture;
  fixture.add("station-0002", {1, 2, 5});
  fixture.live.set_status("station-0001", {.online = true});
  fixture.live.set_status("station-0002", {.online = false});
  const auto response = fixture.get("/api/v1/stations");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  const json body = json::parse(response.body);
  REQUIRE(body["items"].size() == 2);
  CHECK(body["next_cursor"].is_null());
  CHECK(body["items"][0]["station"] == "station-0001");
  CHECK(body["items"][0]["state"] == "online");
  CHECK(body["items"][0]["latest"].is_null());
  const json& second = body["items"][1];
  CHECK(second["state"] == "offline");
  CHECK(second["readings"] == 3);
  CHECK(second["missing"] == 2);
  CHECK(second["stored"] == json::parse(R"([{"from":1,"through":2},{"from":5,"through":5}])"));
  CHECK(second["latest"]["sequence"] == 5);
  CHECK(second["latest"]["temperature_c"] == 11.25);
}

TEST_CASE("api/routes: the latest reading has the ten members and the station") {
  Fixture fixture;
  fixture.add("sea", {1, 2});
  const auto response = fixture.get("/api/v1/stations/{id}/latest", "sea");
  const json body = json::parse(response.body);
  CHECK(body.size() == 11);
  CHECK(body["station"] == "sea");
  CHECK(body["sequence"] == 2);
  CHECK(body["time"] == "2026-11-22T11:02:00Z");
}

TEST_CASE("api/routes: pages are followed by their cursor to the end") {
  Fixture fixture;
  fixture.add("sea", {1, 2, 3, 4, 5});
  std::vector<int> seen;
  http::Fields query{{"limit", "2"}};
  for (int guard = 0; guard < 5; ++guard) {
    const auto response = fixture.get("/api/v1/stations/{id}/readings", "sea", query);
    const json body = json::parse(response.body);
    for (const json& item : body["items"]) seen.push_back(item["sequence"]);
    if (body["next_cursor"].is_null()) {
      CHECK(header(response, "Link").empty());
      break;
    }
    CHECK(header(response, "Link").find(body["next_cursor"].get<std::string>()) !=
          std::string::npos);
    query = {{"limit", "2"}, {"cursor", body["next_cursor"]}};
  }
  CHECK(seen == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE("api/routes: CSV has units in its header and one line a reading") {
  Fixture fixture;
  fixture.add("sea", {1, 2});
  const auto response =
      fixture.get("/api/v1/stations/{id}/readings", "sea", {}, {{"Accept", "text/csv"}});
  CHECK(response.content_type == "text/csv; charset=utf-8; header=present");
  CHECK(response.body ==
        "station,temperature_c,dew_point_c,relative_humidity_pct,pressure_hpa,wind_speed_ms,"
        "wind_gust_ms,wind_direction_deg,precipitation_mm,sequence,time\r\n"
        "sea,10.25,7.9,79.1,1009.62,3.2,5.1,214,0.4,1,2026-11-22T11:01:00Z\r\n"
        "sea,10.5,7.9,79.1,1009.62,3.2,5.1,214,0.4,2,2026-11-22T11:02:00Z\r\n");
}

TEST_CASE("api/routes: CSV of stations has as many columns in every line") {
  Fixture fixture;
  fixture.add("sea", {1});
  fixture.live.set_status("mute", {.online = true});
  const auto response = fixture.get("/api/v1/stations", {}, {{"format", "csv"}});
  std::set<long> commas;
  std::string_view rest = response.body;
  int lines = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    commas.insert(std::count(line.begin(), line.end(), ','));
    ++lines;
  }
  CHECK(lines == 3);
  CHECK(commas.size() == 1);
}

TEST_CASE("api/routes: SenML resolves to the same values") {
  Fixture fixture;
  fixture.add("sea", {4});
  const auto response = fixture.get("/api/v1/stations/{id}/latest", "sea", {},
                                    {{"Accept", "application/senml+json"}});
  const json body = json::parse(response.body);
  REQUIRE(body.size() == 9);
  CHECK(body[0]["bn"] == "wx/sea/");
  CHECK(body[0]["bt"] == 1795345440.0);  // 2026-11-22T11:04:00Z
  CHECK(body[0]["n"] == "temperature_c");
  CHECK(body[0]["u"] == "Cel");
  CHECK(body[0]["v"] == 11);
  CHECK(body[2]["u"] == "%RH");
  CHECK(body[8]["n"] == "sequence");
}

TEST_CASE("api/routes: GeoJSON has a point where the station has told its place") {
  Fixture fixture;
  fixture.add("sea", {1});
  fixture.live.set_status("placed", {.online = true, .place = weather::Place{47.61, -122.33, 56}});
  fixture.live.set_status("placed", {.online = false});  // a last will, which carries no place
  const auto response =
      fixture.get("/api/v1/stations", {}, {}, {{"Accept", "application/geo+json"}});
  const json body = json::parse(response.body);
  CHECK(body["type"] == "FeatureCollection");
  REQUIRE(body["features"].size() == 2);
  CHECK(body["features"][0]["geometry"]["coordinates"] == json::parse("[-122.33,47.61,56.0]"));
  CHECK(body["features"][1]["geometry"].is_null());
  CHECK(body["features"][1]["properties"]["latest"]["sequence"] == 1);
}

TEST_CASE("api/routes: errors are problem details that name their cause") {
  Fixture fixture;
  fixture.add("sea", {1});
  fixture.live.set_status("mute", {.online = true});
  struct Case {
    std::string_view pattern, id;
    http::Fields query;
    int status;
    std::string_view type;
  };
  const Case cases[] = {
      {"/api/v1/stations/{id}/latest", "nowhere", {}, 404, "unknown-station"},
      {"/api/v1/stations/{id}/latest", "mute", {}, 404, "no-readings"},
      {"/api/v1/stations/{id}/latest", "Sea", {}, 400, "invalid-station"},
      {"/api/v1/stations/{id}/latest", "..", {}, 400, "invalid-station"},
      {"/api/v1/stations/{id}/readings", "<script>", {}, 400, "invalid-station"},
      {"/api/v1/stations/{id}/readings", "a'; DROP TABLE readings", {}, 400, "invalid-station"},
      {"/api/v1/stations/{id}/readings", "sea", {{"limit", "0"}}, 400, "invalid-parameter"},
      {"/api/v1/stations/{id}/readings", "sea", {{"format", "xml"}}, 400, "invalid-parameter"},
      {"/api/v1/stations/{id}", "sea", {{"x", "1"}}, 400, "invalid-parameter"},
      {"/api/v1/stations", "", {{"limit", "1"}}, 400, "invalid-parameter"},
  };
  for (const Case& c : cases) {
    const auto response = fixture.get(c.pattern, c.id, c.query);
    CHECK(response.status == c.status);
    CHECK(response.content_type == "application/problem+json");
    const json body = json::parse(response.body);
    CHECK(body["type"] == "https://wxsec.invalid/problems/" + std::string(c.type));
    CHECK(body["status"] == c.status);
    CHECK_FALSE(body["title"].get<std::string>().empty());
    CHECK_FALSE(body["detail"].get<std::string>().empty());
  }
}

TEST_CASE("api/routes: an unchanged answer is 304 without a body, a changed one is not") {
  Fixture fixture;
  fixture.add("sea", {1});
  const auto first = fixture.get("/api/v1/stations/{id}/latest", "sea");
  const std::string tag = header(first, "ETag");
  REQUIRE(tag.size() == 18);
  const auto same =
      fixture.get("/api/v1/stations/{id}/latest", "sea", {}, {{"If-None-Match", tag}});
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(header(same, "ETag") == tag);
  fixture.add("sea", {2});
  const auto changed =
      fixture.get("/api/v1/stations/{id}/latest", "sea", {}, {{"If-None-Match", tag}});
  CHECK(changed.status == 200);
  CHECK(header(changed, "ETag") != tag);
  const auto listed = fixture.get("/api/v1/stations/{id}/latest", "sea", {},
                                  {{"If-None-Match", "\"x\", W/" + header(changed, "ETag")}});
  CHECK(listed.status == 304);
  CHECK(fixture.get("/api/v1/stations/{id}/latest", "sea", {}, {{"If-None-Match", "*"}}).status ==
        304);
}

TEST_CASE("api/routes: readiness needs the broker, health does not") {
  Fixture fixture;
  CHECK(fixture.get("/readyz").status == 200);  // started without a broker
  fixture.live.set_broker({.expected = true, .connected = false, .problem = "refused\x1b[2J"});
  const auto response = fixture.get("/readyz");
  CHECK(response.status == 503);
  CHECK(json::parse(response.body)["broker"] == "refused\\x1b[2J");
  CHECK(fixture.get("/healthz").status == 200);
  fixture.live.set_broker({.expected = true, .connected = true});
  CHECK(fixture.get("/readyz").status == 200);
}

TEST_CASE("api/routes: metrics tell what was counted") {
  Fixture fixture;
  fixture.add("sea", {1, 2, 5});
  fixture.live.refused = 7;
  const std::string text = fixture.get("/metrics").body;
  CHECK(text.find("\nwxsec_store_readings 3\n") != std::string::npos);
  CHECK(text.find("\nwxsec_store_missing_readings 2\n") != std::string::npos);
  CHECK(text.find("\nwxsec_readings_refused_total 7\n") != std::string::npos);
  CHECK(text.find("# TYPE wxsec_store_up gauge\nwxsec_store_up 1\n") != std::string::npos);
}

TEST_CASE("api/routes: the OpenAPI document describes every route, and its references hold") {
  Fixture fixture;
  const json document = json::parse(fixture.get("/api/v1/openapi.json").body);
  CHECK(document["openapi"] == "3.1.0");
  for (const api::Route& route : api::routes()) {
    if (route.pattern == "/" || route.pattern.starts_with("/page/")) continue;
    if (route.pattern == "/api/v1/openapi.json") continue;
    CHECK_MESSAGE(document["paths"].contains(std::string(route.pattern)), route.pattern);
  }
  const json flat = document.flatten();
  int references = 0;
  for (const auto& [path, value] : flat.items()) {
    if (!path.ends_with("/$ref")) continue;
    ++references;
    const std::string target = value.get<std::string>().substr(1);
    CHECK_MESSAGE(document.contains(json::json_pointer(target)), target);
  }
  CHECK(references > 10);
  const json& reading = document["components"]["schemas"]["Reading"];
  CHECK(reading["required"].size() == 11);
  CHECK(reading["properties"]["temperature_c"]["maximum"] == 60);
}

TEST_CASE("api/routes: events are the feed, from where the client left off") {
  Fixture fixture;
  const auto response = fixture.get("/api/v1/events", {}, {}, {{"Last-Event-ID", "17"}});
  CHECK(response.events == fixture.feed);
  CHECK(response.last_event_id == "17");
}
