#include "src/report/verdict.h"

#include <doctest/doctest.h>

#include "src/report/catalogue.h"

using namespace wxsec;
using namespace wxsec::report;

namespace {

Check check(Outcome outcome, std::string_view finding_id = {}) {
  Check check;
  check.name = "x";
  check.outcome = outcome;
  if (!finding_id.empty()) check.finding = make_finding(finding_id, "here", {});
  return check;
}

Report report_of(std::vector<Check> checks) {
  return {"t", core::Instant{}, std::move(checks), {}};
}

}  // namespace

TEST_CASE("report/verdict: inconclusive counts neither as held nor as a finding") {
  const Verdict verdict = judge(report_of({check(Outcome::held), check(Outcome::inconclusive)}),
                                FailOn{Severity::info});
  CHECK(verdict.held == 1);
  CHECK(verdict.inconclusive == 1);
  CHECK(verdict.broken == 0);
  CHECK_FALSE(verdict.failed);
  CHECK_FALSE(verdict.worst.has_value());
  CHECK(verdict_line(verdict) == "1 held, 0 broken, 1 inconclusive");
}

TEST_CASE("report/verdict: a finding fails the run at or above the asked severity only") {
  const Report report = report_of({check(Outcome::broken, id::kCertExpiresSoon)});  // medium
  CHECK(judge(report, FailOn{Severity::low}).failed);
  CHECK(judge(report, FailOn{Severity::medium}).failed);
  CHECK_FALSE(judge(report, FailOn{Severity::high}).failed);
  CHECK_FALSE(judge(report, FailOn{std::nullopt}).failed);
  CHECK(verdict_line(judge(report, FailOn{})) ==
        "0 held, 1 broken (worst: medium), 0 inconclusive");
}

TEST_CASE("report/verdict: findings of audits count as those of checks do, worst first") {
  Report report = report_of({check(Outcome::broken, id::kNoHsts)});
  report.findings = {make_finding(id::kCertExpired, "a.pem", {}),
                     make_finding(id::kWeakKey, "b.pem", {})};
  const auto all = all_findings(report);
  REQUIRE(all.size() == 3);
  CHECK(all[0].severity == Severity::critical);
  CHECK(all[1].severity == Severity::high);
  CHECK(all[2].severity == Severity::low);
  CHECK(judge(report, FailOn{Severity::critical}).failed);
}

TEST_CASE("report/verdict: an empty report has nothing to say and does not fail") {
  const Verdict verdict = judge(report_of({}), FailOn{Severity::info});
  CHECK_FALSE(verdict.failed);
  CHECK(verdict_line(verdict) == "0 findings");
}

TEST_CASE("report/verdict: --fail-on takes severities and never") {
  CHECK(parse_fail_on("high")->at == Severity::high);
  CHECK_FALSE(parse_fail_on("never")->at.has_value());
  const auto wrong = parse_fail_on("High");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == core::Code::usage);
}
