#include "src/report/render.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "lib/core/time.h"
#include "src/report/catalogue.h"
#include "src/report/wrap.h"

using namespace wxsec;
using namespace wxsec::report;

namespace {

Report sample() {
  Check held;
  held.name = "plain-http";
  held.title = "reach the API over plain HTTP";
  held.target = "https://127.0.0.1:8443";
  held.outcome = Outcome::held;
  held.summary = "no data";
  held.evidence = {"port 8443: HTTP 400, no data", "port 80: connection refused"};
  Check broken;
  broken.name = "plain-publish";
  broken.title = "publish a forged reading over MQTT without TLS";
  broken.target = "mqtt://127.0.0.1:1883";
  broken.outcome = Outcome::broken;
  broken.evidence = {"topic \x1b[2J<script>alert(1)</script>\xff received"};
  broken.bytes = {0x20, 0x02, 0x00, 0x00};
  broken.finding = make_finding(id::kPlainPublish, broken.target, broken.evidence);
  Check unclear;
  unclear.name = "expired";
  unclear.outcome = Outcome::inconclusive;
  unclear.summary = "needs the issuing CA's key";
  return {"wxsec attack <all>",
          *core::parse_rfc3339("2026-11-22T10:31:00Z"),
          {held, broken, unclear},
          {}};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("report/render: text shows verdicts, evidence, remedy and the verdict line") {
  const std::string text = render_text(sample(), term::Style(false), 100);
  CHECK(contains(text, "HELD          plain-http  reach the API over plain HTTP\n"));
  CHECK(contains(text, "    seen      port 8443: HTTP 400, no data\n"));
  CHECK(contains(text, "              port 80: connection refused\n"));
  CHECK(contains(text, "BROKEN        plain-publish  "));
  CHECK(contains(text, "WX-MQTT-001 critical: a stranger can publish"));
  CHECK(contains(text, "INCONCLUSIVE  expired"));
  CHECK(contains(text, "0000  20 02 00 00"));
  CHECK(contains(text, "wxsec explain WX-MQTT-001\n"));
  CHECK(contains(text, "1 held, 1 broken (worst: critical), 1 inconclusive\n"));
}

TEST_CASE("report/render: text cannot be made to move the cursor") {
  for (const bool colour : {false, true}) {
    const std::string text = render_text(sample(), term::Style(colour), 100);
    CHECK_FALSE(contains(text, "\x1b[2J"));
    CHECK_FALSE(contains(text, "\xff"));
    CHECK(contains(text, "\\x1b[2J"));
  }
}

TEST_CASE("report/render: no line of text is wider than asked") {
  const std::string text = render_text(sample(), term::Style(false), 80);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    CHECK(end - at <= 80);
    at = end + 1;
  }
}

TEST_CASE("report/render: JSON holds every check and survives bytes that are no text") {
  const auto json = nlohmann::json::parse(render_json(sample(), FailOn{}));
  CHECK(json["title"] == "wxsec attack <all>");
  CHECK(json["at"] == "2026-11-22T10:31:00Z");
  CHECK(json["verdict"]["failed"] == true);
  CHECK(json["verdict"]["worst"] == "critical");
  REQUIRE(json["checks"].size() == 3);
  CHECK(json["checks"][0]["outcome"] == "held");
  CHECK(json["checks"][0]["finding"].is_null());
  CHECK(json["checks"][1]["finding"] == "WX-MQTT-001");
  CHECK(json["checks"][1]["bytes"] == "20020000");
  REQUIRE(json["findings"].size() == 1);
  CHECK(json["findings"][0]["remedy"].get<std::string>().size() > 20);
}

TEST_CASE("report/wrap: breaks at spaces, keeps long words whole, never loses one") {
  CHECK(wrap("", 10) == std::vector<std::string>{""});
  CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("a /very/long/path b", 5) == std::vector<std::string>{"a", "/very/long/path", "b"});
  CHECK(wrap("  two  spaces ", 20) == std::vector<std::string>{"two spaces"});
}
