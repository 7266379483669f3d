// The arithmetic of a verdict. Its one rule with teeth: an inconclusive check is counted as such
// and nowhere else. It does not fail a run by itself, because it is no finding, and it never adds
// to "held", because nothing was held off. Readers see both numbers.
#include "src/report/verdict.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/counted.h"

namespace wxsec::report {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::held: return "HELD";
    case Outcome::broken: return "BROKEN";
    case Outcome::inconclusive: return "INCONCLUSIVE";
  }
  return "INCONCLUSIVE";
}

std::vector<Finding> all_findings(const Report& report) {
  std::vector<Finding> all;
  for (const Check& check : report.checks) {
    if (check.finding) all.push_back(*check.finding);
  }
  all.insert(all.end(), report.findings.begin(), report.findings.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return all;
}

core::Result<FailOn> parse_fail_on(std::string_view text) {
  if (text == "never") return FailOn{std::nullopt};
  const auto severity = parse_severity(text);
  if (severity) return FailOn{*severity};
  return core::fail(core::Code::usage, severity.error().what,
                    "one of info, low, medium, high, critical, never");
}

Verdict judge(const Report& report, FailOn fail_on) {
  Verdict verdict;
  for (const Check& check : report.checks) {
    if (check.outcome == Outcome::held) ++verdict.held;
    if (check.outcome == Outcome::broken) ++verdict.broken;
    if (check.outcome == Outcome::inconclusive) ++verdict.inconclusive;
  }
  const std::vector<Finding> findings = all_findings(report);
  verdict.findings = findings.size();
  if (findings.empty()) return verdict;
  verdict.worst = findings.front().severity;
  verdict.failed = fail_on.at && *verdict.worst >= *fail_on.at;
  return verdict;
}

std::string verdict_line(const Verdict& verdict) {
  const std::string worst =
      verdict.worst ? fmt::format(" (worst: {})", severity_name(*verdict.worst)) : std::string();
  if (verdict.held + verdict.broken + verdict.inconclusive == 0) {
    return core::counted(verdict.findings, "finding") + worst;
  }
  return fmt::format("{} held, {} broken{}, {} inconclusive", verdict.held, verdict.broken, worst,
                     verdict.inconclusive);
}

}  // namespace wxsec::report
