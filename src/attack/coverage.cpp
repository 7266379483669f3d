// Inconclusive is no finding, so it cannot fail a run by itself: some attempts need what is not
// there (a revoked certificate, the right to capture). But a run in which the broker was down found
// nothing because it tested nothing, and whoever reads its exit code must not take that for a clean
// bill. The line is drawn here: everything that was named, endpoint or attempt, must have been
// tested by at least one attempt that came to a conclusion.
#include "src/attack/coverage.h"

#include <fmt/core.h>

#include <algorithm>

namespace wxsec::attack {
namespace {

using report::Check;
using report::Outcome;

// Checks on something that was asked for, and whether one of them came to a conclusion.
struct Tally {
  bool any = false;
  bool concluded = false;
  std::string reason;  // of the last that had what it needs: the others only miss a file
  bool reason_had_tools = false;

  void add(const Check& check, bool had_tools) {
    any = true;
    concluded = concluded || check.outcome != Outcome::inconclusive;
    if (reason_had_tools && !had_tools) return;
    reason = check.summary;
    reason_had_tools = had_tools;
  }
  bool untested() const { return any && !concluded; }
};

template <class Wanted>
Tally tally(const std::vector<Check>& checks, const Target& target, Wanted wanted) {
  Tally result;
  for (const Check& check : checks) {
    const Attempt* const attempt = find_attempt(check.name);
    if (attempt != nullptr && wanted(*attempt)) result.add(check, has_tools(*attempt, target));
  }
  return result;
}

}  // namespace

bool selected_by(const Attempt& attempt, const std::string& name) {
  return name == "all" || name == attempt.name || name == group_name(attempt.group);
}

bool has(const Target& target, Need need) {
  switch (need) {
    case Need::broker: return target.broker.has_value();
    case Need::api: return target.api.has_value();
    case Need::ca: return !target.ca.empty();
    case Need::operator_: return target.operator_.present();
    case Need::issuer: return target.issuer.present();
    case Need::revoked: return target.revoked.present();
  }
  return false;
}

bool has_tools(const Attempt& attempt, const Target& target) {
  return std::all_of(attempt.needs.begin(), attempt.needs.end(),
                     [&](Need need) { return has(target, need); });
}

const net::Endpoint& endpoint_of(const Attempt& attempt, const Target& target) {
  const bool on_api =
      std::find(attempt.needs.begin(), attempt.needs.end(), Need::api) != attempt.needs.end();
  return on_api ? *target.api : *target.broker;
}

std::vector<std::string> untested(const std::vector<std::string>& names, const Target& target,
                                  const std::vector<Check>& checks) {
  std::vector<std::string> out;
  std::vector<const net::Endpoint*> silent;
  for (const auto& endpoint : {&target.broker, &target.api}) {
    if (!*endpoint) continue;
    const Tally found = tally(checks, target, [&](const Attempt& attempt) {
      return &endpoint_of(attempt, target) == &**endpoint;
    });
    if (!found.untested()) continue;
    silent.push_back(&**endpoint);
    out.push_back(fmt::format("{} was not tested: {}", net::to_string(**endpoint), found.reason));
  }
  for (const std::string& name : names) {
    const Tally found = tally(checks, target, [&](const Attempt& attempt) {
      const auto* const on = &endpoint_of(attempt, target);
      return selected_by(attempt, name) &&
             std::find(silent.begin(), silent.end(), on) == silent.end();
    });
    if (found.untested()) out.push_back(fmt::format("{} was not tested: {}", name, found.reason));
  }
  return out;
}

}  // namespace wxsec::attack
