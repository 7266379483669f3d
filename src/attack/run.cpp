// The order of things that matters here: names first, then permission, then packets. An attempt
// whose tools are missing is reported as inconclusive, with what was missing, and not left out: a
// report that is silent about it would read like a clean one.
#include "src/attack/run.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "src/attack/coverage.h"
#include "src/attack/outcome.h"
#include "src/certs/place.h"

namespace wxsec::attack {
namespace {

using core::Code;
using core::fail;

bool known(const std::string& name) {
  const auto all = attempts();
  return std::any_of(all.begin(), all.end(),
                     [&](const Attempt& attempt) { return selected_by(attempt, name); });
}

bool has_endpoint(const Target& target, const Attempt& attempt) {
  return std::all_of(attempt.needs.begin(), attempt.needs.end(), [&](Need need) {
    return (need != Need::broker && need != Need::api) || has(target, need);
  });
}

core::Result<std::vector<const Attempt*>> choose(const Options& options, const Target& target) {
  for (const std::string& name : options.names) {
    if (!known(name))
      return fail(Code::usage, fmt::format("'{}' is no attempt and no group of them", name),
                  "wxsec attack --list shows them");
  }
  std::vector<const Attempt*> chosen;
  for (const Attempt& attempt : attempts()) {
    const bool asked = std::any_of(options.names.begin(), options.names.end(),
                                   [&](const auto& name) { return selected_by(attempt, name); });
    if (asked && has_endpoint(target, attempt)) chosen.push_back(&attempt);
  }
  if (chosen.empty())
    return fail(Code::usage, "nothing to try: the target has neither broker nor API for this",
                "give --broker or --api");
  return chosen;
}

core::Result<void> ask_permission(const Target& target, const net::Authority& authority,
                                  core::Instant now) {
  for (const auto& endpoint : {target.broker, target.api}) {
    if (endpoint) WXSEC_TRY(net::authorise(endpoint->host, authority, now));
  }
  return {};
}

report::Check without_tools(const Attempt& attempt, const Target& target) {
  std::string missing;
  for (const Need need : attempt.needs) {
    if (!has(target, need)) missing += (missing.empty() ? "" : ", ") + std::string(need_name(need));
  }
  return inconclusive(begin(endpoint_of(attempt, target)), "needs " + missing);
}

// So that remedies name the directory that is in use.
std::optional<certs::Place> place_of(const Session& session) {
  if (session.target.dir.empty()) return std::nullopt;
  return certs::Place{session.target.dir, {}};
}

report::Check run_one(const Attempt& attempt, const Session& session) {
  const auto before = std::chrono::steady_clock::now();
  report::Check check = has_tools(attempt, session.target) ? attempt.run(session)
                                                           : without_tools(attempt, session.target);
  check.name = attempt.name;
  check.title = attempt.title;
  if (check.finding)
    check.finding->remedy = certs::placed(check.finding->remedy, place_of(session));
  check.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - before);
  return check;
}

}  // namespace

core::Result<report::Report> run(const Options& options, const Target& target, Loot& loot,
                                 const core::Clock& clock, const std::stop_token& stop) {
  const std::vector<const Attempt*> chosen = WXSEC_TRY(choose(options, target));
  WXSEC_TRY(ask_permission(target, options.authority, clock.now()));
  report::Report report;
  report.title = "wxsec attack";
  for (const std::string& name : options.names) report.title += " " + name;
  report.at = clock.now();
  const Session session{target, loot, clock, stop};
  for (const Attempt* const attempt : chosen) {
    if (stop.stop_requested()) return fail(Code::interrupted, "interrupted");
    if (options.on_start) options.on_start(*attempt);
    report.checks.push_back(run_one(*attempt, session));
    if (options.on_check) options.on_check(report.checks.back());
  }
  report.untested = untested(options.names, target, report.checks);
  return report;
}

}  // namespace wxsec::attack
