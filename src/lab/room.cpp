#include "src/lab/room.h"

#include <utility>

namespace wxsec::lab {

void expect(StepRecord& record, bool held, std::string what, std::vector<std::string> evidence) {
  record.expectations.push_back({std::move(what), held, std::move(evidence)});
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
