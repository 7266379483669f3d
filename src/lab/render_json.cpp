#include <nlohmann/json.hpp>

#include "lib/core/hex.h"
#include "lib/core/time.h"
#include "src/lab/render.h"

namespace wxsec::lab {
namespace {

using Json = nlohmann::ordered_json;

Json expectation_json(const Expectation& e) {
  return {{"what", e.what}, {"held", e.held}, {"evidence", e.evidence}};
}

Json check_json(const report::Check& check) {
  return {
      {"name", check.name},       {"title", check.title},
      {"target", check.target},   {"outcome", report::outcome_name(check.outcome)},
      {"summary", check.summary}, {"finding", check.finding ? Json(check.finding->id) : Json()}};
}

Json step_json(const StepRecord& step) {
  Json out{{"act", step.act},
           {"name", step.name},
           {"title", step.title},
           {"held", step.held()},
           {"took_ms", step.took.count()},
           {"explain", step.explain},
           {"by_hand", step.by_hand}};
  out["expectations"] = Json::array();
  for (const Expectation& e : step.expectations) out["expectations"].push_back(expectation_json(e));
  out["checks"] = Json::array();
  for (const report::Check& check : step.checks) out["checks"].push_back(check_json(check));
  out["exhibits"] = Json::array();
  for (const Exhibit& e : step.exhibits) {
    out["exhibits"].push_back(
        {{"title", e.title}, {"note", e.note}, {"bytes", core::to_hex(e.bytes)}});
  }
  if (step.error) {
    out["error"] = {{"code", core::code_name(step.error->code)},
                    {"what", step.error->what},
                    {"hint", step.error->hint}};
  }
  return out;
}

}  // namespace

std::string render_json(const Transcript& transcript) {
  Json out{{"title", "Securing communications with SSL/TLS"},
           {"at", core::rfc3339(transcript.at)},
           {"version", transcript.version},
           {"host", transcript.host},
           {"held", transcript.held()},
           {"expectations", transcript.expectations()},
           {"failures", transcript.failures()},
           {"took_ms", transcript.took.count()}};
  out["steps"] = Json::array();
  for (const StepRecord& step : transcript.steps) out["steps"].push_back(step_json(step));
  out["comparison"] = Json::array();
  for (const Row& row : transcript.comparison) {
    out["comparison"].push_back({{"question", row.question},
                                 {"plaintext", row.plaintext.value},
                                 {"tls", row.tls.value},
                                 {"plaintext_evidence", row.plaintext.evidence},
                                 {"tls_evidence", row.tls.evidence}});
  }
  // Bytes of the network that are no UTF-8 become U+FFFD instead of an exception.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace wxsec::lab
