// A report as one JSON object. The keys are a contract. Text that is not UTF-8 (a topic name can be
// anything) is written with the replacement character; the exact bytes are in "bytes" as hex.
#include <nlohmann/json.hpp>
#include <string>

#include "lib/core/hex.h"
#include "lib/core/time.h"
#include "src/report/render.h"

namespace wxsec::report {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Finding& finding) {
  return {{"id", finding.id},
          {"severity", severity_name(finding.severity)},
          {"title", finding.title},
          {"where", finding.where},
          {"evidence", finding.evidence},
          {"bytes", core::to_hex(finding.bytes)},
          {"why", finding.why},
          {"remedy", finding.remedy},
          {"recheck", finding.recheck}};
}

std::string lower_outcome(Outcome outcome) {
  std::string name(outcome_name(outcome));
  for (char& c : name) c = static_cast<char>(c + ('a' - 'A'));
  return name;
}

Json to_json(const Check& check) {
  Json json{{"name", check.name},
            {"title", check.title},
            {"target", check.target},
            {"outcome", lower_outcome(check.outcome)},
            {"summary", check.summary},
            {"evidence", check.evidence},
            {"bytes", core::to_hex(check.bytes)},
            {"took_ms", check.took.count()}};
  json["finding"] = check.finding ? Json(check.finding->id) : Json(nullptr);
  return json;
}

Json to_json(const Verdict& verdict) {
  Json json{{"failed", verdict.failed},
            {"held", verdict.held},
            {"broken", verdict.broken},
            {"inconclusive", verdict.inconclusive},
            {"findings", verdict.findings}};
  json["worst"] = verdict.worst ? Json(severity_name(*verdict.worst)) : Json(nullptr);
  return json;
}

}  // namespace

std::string render_json(const Report& report, FailOn fail_on) {
  Json checks = Json::array();
  for (const Check& check : report.checks) checks.push_back(to_json(check));
  Json findings = Json::array();
  for (const Finding& finding : all_findings(report)) findings.push_back(to_json(finding));
  const Json json{{"title", report.title},
                  {"at", core::rfc3339(report.at)},
                  {"verdict", to_json(judge(report, fail_on))},
                  {"checks", std::move(checks)},
                  {"findings", std::move(findings)},
                  {"untested", report.untested}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace wxsec::report
