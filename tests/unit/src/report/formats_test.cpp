#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "src/report/catalogue.h"
#include "src/report/render.h"

using namespace wxsec;
using namespace wxsec::report;

namespace {

Check check(std::string name, Outcome outcome) {
  Check check;
  check.name = std::move(name);
  check.title = "t";
  check.outcome = outcome;
  return check;
}

Report sample() {
  const Check held = check("plain-http", Outcome::held);
  Check broken = check("plain-publish", Outcome::broken);
  broken.finding = make_finding(id::kPlainPublish, "mqtt://127.0.0.1:1883",
                                {"topic \x1b[2J</failure> \"\xEF\xBF\xBE\xff"});
  Check again = broken;
  again.name = "twice";
  Check unclear = check("expired", Outcome::inconclusive);
  unclear.summary = "needs <the key>";
  Report report{"a & b", core::Instant{}, {held, broken, again, unclear}, {}};
  report.findings = {make_finding(id::kCertExpiresSoon, "my certs/cert.pem", {})};
  return report;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

}  // namespace

TEST_CASE("report/sarif: one rule per id, one result per finding, each pointing at its rule") {
  const auto sarif = nlohmann::json::parse(render_sarif(sample()));
  CHECK(sarif["version"] == "2.1.0");
  const auto& run = sarif["runs"][0];
  const auto& rules = run["tool"]["driver"]["rules"];
  const auto& results = run["results"];
  REQUIRE(rules.size() == 2);
  REQUIRE(results.size() == 3);
  for (const auto& result : results)
    CHECK(rules[result["ruleIndex"].get<std::size_t>()]["id"] == result["ruleId"]);
  CHECK(results[0]["level"] == "error");
  CHECK(results[2]["level"] == "warning");
  CHECK(results[2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] ==
        "my%20certs/cert.pem");
}

TEST_CASE("report/sarif: what was inconclusive is a notification, not silence") {
  const auto sarif = nlohmann::json::parse(render_sarif(sample()));
  const auto& notes = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"];
  REQUIRE(notes.size() == 1);
  CHECK(notes[0]["message"]["text"] == "expired was inconclusive: needs <the key>");
}

TEST_CASE("report/junit: broken fails, inconclusive is skipped, held passes") {
  const std::string xml = render_junit(sample());
  CHECK(
      count(
          xml,
          "<testsuite name=\"a &amp; b\" tests=\"5\" failures=\"3\" errors=\"0\" skipped=\"1\">") ==
      1);
  CHECK(count(xml, "<testcase ") == 5);
  CHECK(count(xml, "<failure ") == 3);
  CHECK(count(xml, "</failure>") == 3);
  CHECK(count(xml, "<skipped message=\"needs &lt;the key&gt;\"/>") == 1);
}

TEST_CASE("report/junit: no byte from outside breaks the XML") {
  const std::string xml = render_junit(sample());
  CHECK(count(xml, "\x1b") == 0);
  CHECK(count(xml, "\xEF\xBF\xBE") == 0);
  CHECK(count(xml, "\xff") == 0);
  CHECK(count(xml, "&lt;/failure&gt;") == 2);
}
