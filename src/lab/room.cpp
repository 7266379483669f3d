#include "src/lab/room.h"

#include <fmt/core.h>

#include <utility>

namespace wxsec::lab {

void expect(StepRecord& record, bool held, std::string what, std::vector<std::string> evidence) {
  record.expectations.push_back({std::move(what), held, std::move(evidence)});
}

core::Result<void> attempt(Room& room, StepRecord& record, Facts& facts,
                           std::vector<std::string> names, const attack::Target& target,
                           attack::Loot& loot, report::Outcome expected) {
  attack::Options options;
  options.names = std::move(names);
  const auto report = WXSEC_TRY(attack::run(options, target, loot, room.clock, room.stop));
  const char* const ending = expected == report::Outcome::broken ? "succeeds" : "is refused";
  for (const report::Check& check : report.checks) {
    record.checks.push_back(check);
    facts.checks.push_back(check);
    std::vector<std::string> evidence{
        fmt::format("{}: {}", report::outcome_name(check.outcome), check.summary)};
    evidence.insert(evidence.end(), check.evidence.begin(), check.evidence.end());
    expect(record, check.outcome == expected,
           fmt::format("the attempt to {} {}", check.title, ending), std::move(evidence));
  }
  return {};
}

ActCounts end_services(Room& room) {
  ActCounts counts;
  if (room.stations) {
    if (auto outcome = room.stations->stop()) counts.stations = std::move(*outcome);
    room.stations.reset();
  }
  if (room.api) {
    if (auto outcome = room.api->stop()) counts.api = *outcome;
    room.api.reset();
  }
  room.broker.reset();
  return counts;
}

}  // namespace wxsec::lab
