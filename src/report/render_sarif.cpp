// SARIF 2.1.0 (OASIS), which code-scanning services read. A finding becomes a result under the rule
// of its id; what could not be tried becomes a notification, since SARIF has no "inconclusive" and
// a missing result would read as clean.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/core/time.h"
#include "src/report/catalogue.h"
#include "src/report/render.h"

namespace wxsec::report {
namespace {

using Json = nlohmann::ordered_json;

std::string_view level_of(Severity severity) {
  if (severity >= Severity::high) return "error";
  return severity == Severity::medium ? "warning" : "note";
}

// The scale that GitHub sorts by (CVSS-like).
std::string_view score_of(Severity severity) {
  switch (severity) {
    case Severity::critical: return "9.5";
    case Severity::high: return "8.0";
    case Severity::medium: return "5.5";
    case Severity::low: return "3.0";
    case Severity::info: return "0.0";
  }
  return "0.0";
}

// RFC 3986 2: what may stand in a URI as it is; the rest is percent-encoded.
std::string to_uri(std::string_view text) {
  constexpr std::string_view kAllowed = "-._~:/?#[]@!$&'()*+,;=%";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kAllowed.find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Json rule_of(const Finding& finding) {
  return {{"id", finding.id},
          {"shortDescription", {{"text", finding.title}}},
          {"fullDescription", {{"text", finding.why}}},
          {"help", {{"text", finding.remedy}}},
          {"defaultConfiguration", {{"level", level_of(finding.severity)}}},
          {"properties", {{"security-severity", score_of(finding.severity)}}}};
}

std::string message_of(const Finding& finding) {
  std::string text = finding.title + ".";
  for (const std::string& line : finding.evidence) text += "\n" + line;
  return text + "\nTo change: " + finding.remedy;
}

Json result_of(const Finding& finding, std::size_t rule_index) {
  return {
      {"ruleId", finding.id},
      {"ruleIndex", rule_index},
      {"level", level_of(finding.severity)},
      {"message", {{"text", message_of(finding)}}},
      {"locations", Json::array({{{"physicalLocation",
                                   {{"artifactLocation", {{"uri", to_uri(finding.where)}}}}}}})}};
}

Json notifications_of(const Report& report) {
  Json out = Json::array();
  for (const Check& check : report.checks) {
    if (check.outcome != Outcome::inconclusive) continue;
    out.push_back({{"level", "warning"},
                   {"message", {{"text", check.name + " was inconclusive: " + check.summary}}}});
  }
  return out;
}

}  // namespace

std::string render_sarif(const Report& report) {
  Json rules = Json::array();
  Json results = Json::array();
  std::vector<std::string> ids;
  for (const Finding& finding : all_findings(report)) {
    const auto known = std::find(ids.begin(), ids.end(), finding.id);
    const auto index = static_cast<std::size_t>(known - ids.begin());
    if (known == ids.end()) {
      ids.push_back(finding.id);
      rules.push_back(rule_of(finding));
    }
    results.push_back(result_of(finding, index));
  }
  const Json invocation{{"executionSuccessful", true},
                        {"startTimeUtc", core::rfc3339(report.at)},
                        {"toolExecutionNotifications", notifications_of(report)}};
  const Json run{{"tool", {{"driver", {{"name", "wxsec"}, {"rules", std::move(rules)}}}}},
                 {"invocations", Json::array({invocation})},
                 {"results", std::move(results)}};
  const Json json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                  {"version", "2.1.0"},
                  {"runs", Json::array({run})}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace wxsec::report
