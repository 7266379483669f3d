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
  for (const report::Check& check : report.checks) note_attempt(record, facts, check, expected);
  return {};
}

void note_attempt(StepRecord& record, Facts& facts, report::Check check, report::Outcome expected) {
  const char* const ending = expected == report::Outcome::broken ? "succeeds" : "is refused";
  std::vector<std::string> evidence{
      fmt::format("{}: {}", report::outcome_name(check.outcome), check.summary)};
  evidence.insert(evidence.end(), check.evidence.begin(), check.evidence.end());
  expect(record, check.outcome == expected,
         fmt::format("the attempt to {} {}", check.title, ending), std::move(evidence));
  facts.checks.push_back(check);
  record.checks.push_back(std::move(check));
}

core::Result<sniff::Credential> stolen_password(const Room& room, std::string_view user) {
  auto wire = WXSEC_TRY(sniff::expose_file(room.outputs.plain_capture, {}, room.clock));
  for (sniff::Credential& credential : wire.credentials) {
    if (credential.kind == "mqtt password" && credential.name == user) return std::move(credential);
  }
  return core::fail(core::Code::not_found,
                    fmt::format("the capture holds no password of {}", user));
}

core::Result<std::uint64_t> watch_reporting(Room& room, Facts& facts, const core::Path& ca,
                                            std::uint64_t each) {
  constexpr std::chrono::seconds kWithin{10};
  WXSEC_TRY(wait_for_readings(ca, room.options.stations, 1, kWithin, room.stop));
  const Moment begin = WXSEC_TRY(quiet_moment(ca, room.clock));
  WXSEC_TRY(wait_for_readings(ca, room.options.stations, each, kWithin, room.stop));
  const Moment end = WXSEC_TRY(quiet_moment(ca, room.clock));
  facts.steady = {begin.at, end.at, end.readings - begin.readings};
  return end.readings;
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
