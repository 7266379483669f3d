// JUnit's XML, which every CI server shows as a list of tests. A check is a test case: broken
// fails, inconclusive is skipped (never passed). A finding of an audit is a test case that failed.
#include <fmt/core.h>

#include <string>

#include "lib/core/escape.h"
#include "src/report/render.h"

namespace wxsec::report {
namespace {

// XML 1.0 2.2 has no place for U+FFFE and U+FFFF, not even escaped; HTML's escaping leaves them.
std::string xml(std::string_view text) {
  std::string out = core::escape_html(text);
  for (const std::string_view bad : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = 0; (at = out.find(bad, at)) != std::string::npos;)
      out.replace(at, bad.size(), "\xEF\xBF\xBD");
  }
  return out;
}

std::string lines(const std::vector<std::string>& evidence) {
  std::string out;
  for (const std::string& line : evidence) out += line + "\n";
  return out;
}

std::string failure(const Finding& finding) {
  return fmt::format(
      "    <failure type=\"{}\" message=\"{}\">{}</failure>\n", xml(finding.id), xml(finding.title),
      xml(finding.where + "\n" + lines(finding.evidence) + "To change: " + finding.remedy));
}

std::string test_case(const Check& check) {
  std::string body;
  if (check.finding) body = failure(*check.finding);
  if (check.outcome == Outcome::inconclusive)
    body = fmt::format("    <skipped message=\"{}\"/>\n", xml(check.summary));
  if (check.outcome == Outcome::held)
    body = fmt::format("    <system-out>{}</system-out>\n", xml(lines(check.evidence)));
  return fmt::format(
      "  <testcase classname=\"wxsec\" name=\"{}\" time=\"{:.3f}\">\n{}  </testcase>\n",
      xml(check.name + ": " + check.title), static_cast<double>(check.took.count()) / 1e3, body);
}

std::string test_case(const Finding& finding) {
  return fmt::format("  <testcase classname=\"wxsec\" name=\"{}\">\n{}  </testcase>\n",
                     xml(finding.id + " at " + finding.where), failure(finding));
}

}  // namespace

std::string render_junit(const Report& report) {
  const Verdict verdict = judge(report, FailOn{std::nullopt});
  std::string cases;
  for (const Check& check : report.checks) cases += test_case(check);
  for (const Finding& finding : report.findings) cases += test_case(finding);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n{}"
      "</testsuite>\n",
      xml(report.title), report.checks.size() + report.findings.size(), verdict.findings,
      verdict.inconclusive, cases);
}

}  // namespace wxsec::report
