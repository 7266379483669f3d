#include "lib/http/router.h"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "lib/http/event_feed.h"
#include "lib/http/response_fields.h"

namespace {

using namespace wxsec::http;

Response refusal(int status, std::string_view detail, std::string_view path) {
  return text_response(status, std::string(detail) + " [" + std::string(path) + "]");
}

struct Site {
  std::vector<Route> routes;
  Server::Refusal on_refusal = refusal;

  Answer ask(Method method, std::string path, bool keep_alive = true) {
    Router router(routes, on_refusal);
    Request request;
    request.sender.secure = true;
    request.method = method;
    request.path = std::move(path);
    return router.answer(request, keep_alive);
  }
};

bool has(const Answer& answer, std::string_view text) {
  return answer.bytes.find(text) != std::string::npos;
}

Site stations() {
  Site site;
  site.routes.push_back({Method::get, "/api/v1/stations/{id}/latest", [](const Request& request) {
                           return text_response(
                               200, "latest of " + std::string(request.parameter("id")));
                         }});
  site.routes.push_back(
      {Method::get, "/api/v1/stations", [](const Request&) { return json_response(200, "[]"); }});
  site.routes.push_back({Method::post, "/api/v1/stations",
                         [](const Request& request) { return text_response(201, request.body); }});
  site.routes.push_back(
      {Method::get, "/a.b", [](const Request&) { return text_response(200, "dot"); }});
  return site;
}

}  // namespace

TEST_CASE("http/router: a route with a parameter") {
  const Answer answer = stations().ask(Method::get, "/api/v1/stations/station-0001/latest");
  CHECK(answer.status == 200);
  CHECK(answer.bytes.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.bytes.ends_with("\r\n\r\nlatest of station-0001"));
  CHECK(has(answer, "Content-Length: 22\r\n"));
  CHECK(answer.body_bytes == 22);
}

TEST_CASE("http/router: a parameter is one segment, whatever is in it") {
  CHECK(has(stations().ask(Method::get, "/api/v1/stations/a%2 b?.*/latest"), "latest of a%2 b?.*"));
  CHECK(stations().ask(Method::get, "/api/v1/stations//latest").status == 404);
  CHECK(stations().ask(Method::get, "/api/v1/stations/a/b/latest").status == 404);
}

TEST_CASE("http/router: characters of regular expressions mean themselves") {
  CHECK(stations().ask(Method::get, "/a.b").status == 200);
  CHECK(stations().ask(Method::get, "/axb").status == 404);
}

TEST_CASE("http/router: a path of the greatest length is no danger") {
  const std::string longest =
      "/api/v1/stations/" + std::string(Limits().max_target_bytes, 'x') + "/latest";
  CHECK(stations().ask(Method::get, longest).status == 200);
}

TEST_CASE("http/router: unknown paths and wrong methods") {
  CHECK(stations().ask(Method::get, "/nowhere").status == 404);
  CHECK(stations().ask(Method::get, "/api/v1/stations/").status == 404);
  const Answer answer = stations().ask(Method::del, "/api/v1/stations");
  CHECK(answer.status == 405);
  CHECK(has(answer, "Allow: GET, HEAD, POST\r\n"));
  CHECK(stations().ask(Method::options, "*").status == 404);
}

TEST_CASE("http/router: HEAD is GET without the body") {
  const Answer answer = stations().ask(Method::head, "/api/v1/stations");
  CHECK(answer.status == 200);
  CHECK(has(answer, "Content-Length: 2\r\n"));
  CHECK(answer.bytes.ends_with("\r\n\r\n"));
}

TEST_CASE("http/router: the security headers are on every answer, refusals included") {
  for (const Answer& answer :
       {stations().ask(Method::get, "/api/v1/stations"), stations().ask(Method::get, "/nowhere")}) {
    for (const char* field :
         {"Strict-Transport-Security: max-age=63072000", "X-Content-Type-Options: nosniff",
          "X-Frame-Options: DENY", "Referrer-Policy: no-referrer",
          "Content-Security-Policy: default-src 'none'", "Cross-Origin-Opener-Policy: same-origin",
          "Permissions-Policy: ", "Date: "}) {
      CAPTURE(field);
      CHECK(has(answer, field));
    }
  }
  Site site = stations();
  Router plain(site.routes, site.on_refusal);
  CHECK(has(plain.refuse(400, "no", Secure::yes), "Strict-Transport-Security"));
  CHECK_FALSE(has(plain.refuse(400, "no", Secure::no), "Strict-Transport-Security"));
}

TEST_CASE("http/router: a refusal knows the path, as far as there is one") {
  CHECK(has(stations().ask(Method::get, "/nowhere"), "[/nowhere]"));
  Site site = stations();
  Router plain(site.routes, site.on_refusal);
  CHECK(has(plain.refuse(400, "no", Secure::no), "no []"));
}

TEST_CASE("http/router: a handler's own field replaces the default, and cannot add lines") {
  Site site;
  site.routes.push_back({Method::get, "/", [](const Request&) {
                           Response response = html_response(200, "<p>");
                           response.headers = {{"content-security-policy", "default-src 'self'"},
                                               {"X-Bad", "a\r\nInjected: yes"}};
                           return response;
                         }});
  const Answer answer = site.ask(Method::get, "/");
  CHECK(has(answer, "content-security-policy: default-src 'self'\r\n"));
  CHECK_FALSE(has(answer, "default-src 'none'"));
  CHECK_FALSE(has(answer, "Injected"));
}

TEST_CASE("http/router: an exception answers 500 and keeps its text to itself") {
  Site site;
  site.routes.push_back({Method::get, "/", [](const Request&) -> Response {
                           throw std::runtime_error("password is hunter2");
                         }});
  const Answer answer = site.ask(Method::get, "/");
  CHECK(answer.status == 500);
  CHECK_FALSE(has(answer, "hunter2"));
  CHECK_FALSE(has(answer, "EXCEPTION"));
}

TEST_CASE("http/router: an answer without a body says so") {
  Site site;
  site.routes.push_back(
      {Method::get, "/empty", [](const Request&) { return Response{.status = 204}; }});
  site.routes.push_back({Method::get, "/same", [](const Request&) {
                           Response response;
                           response.status = 304;
                           response.headers = {{"ETag", "\"1\""}};
                           return response;
                         }});
  CHECK_FALSE(has(site.ask(Method::get, "/empty"), "Content-Length"));
  CHECK_FALSE(has(site.ask(Method::get, "/same"), "Content-Length"));
  CHECK(has(site.ask(Method::get, "/same"), "ETag: \"1\""));
}

TEST_CASE("http/router: the connection's end is announced") {
  CHECK(has(stations().ask(Method::get, "/a.b", false), "Connection: close\r\n"));
  CHECK_FALSE(has(stations().ask(Method::get, "/a.b", true), "Connection:"));
  CHECK_FALSE(has(stations().ask(Method::get, "/a.b", true), "Keep-Alive"));
}

TEST_CASE("http/router: an event stream has a head without length") {
  Site site;
  const auto feed = EventFeed::create(10);
  site.routes.push_back({Method::get, "/live", [&](const Request&) {
                           Response response;
                           response.events = feed;
                           return response;
                         }});
  const Answer answer = site.ask(Method::get, "/live");
  CHECK(answer.events == feed);
  CHECK(has(answer, "Content-Type: text/event-stream\r\n"));
  CHECK_FALSE(has(answer, "Content-Length"));
}

TEST_CASE("http/response_fields: the date of RFC 9110") {
  using namespace std::chrono;
  CHECK(http_date(sys_days(1994y / November / 6) + 8h + 49min + 37s) ==
        "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("http/event_feed: a reader gets what is published after it came") {
  const auto feed = EventFeed::create(3);
  feed->publish("reading", "before");
  EventFeed::Position at = feed->start("");
  std::string out;
  CHECK(feed->read(at, 1000, out) == EventFeed::State::waiting);
  CHECK(out.empty());
  feed->publish("reading", "one");
  feed->publish("", "two\nlines\r\nand\rmore");
  CHECK(feed->read(at, 1000, out) == EventFeed::State::waiting);
  CHECK(out ==
        "id: 2\nevent: reading\ndata: one\n\nid: 3\ndata: two\ndata: lines\ndata: and\ndata: "
        "more\n\n");
}

TEST_CASE("http/event_feed: resuming, falling behind, closing") {
  const auto feed = EventFeed::create(2);
  int woken = 0;
  const auto token = feed->subscribe([&] { ++woken; });
  for (const char* data : {"a", "b", "c"}) feed->publish("", data);
  CHECK(woken == 3);
  feed->unsubscribe(token);
  EventFeed::Position at = feed->start("1");  // b and c are still held
  std::string out;
  CHECK(feed->read(at, 1, out) == EventFeed::State::more);
  CHECK(out == "id: 2\ndata: b\n\n");
  feed->publish("", "d");
  CHECK(feed->read(at, 1000, out) == EventFeed::State::waiting);
  EventFeed::Position late = 1;
  CHECK(feed->read(late, 1000, out) == EventFeed::State::fell_behind);
  for (const char* id : {"0", "99", "x", "-1"}) CHECK(feed->start(id) == feed->start(""));
  feed->close();
  CHECK(feed->read(at, 1000, out) == EventFeed::State::closed);
  CHECK(woken == 3);
}
