#include "src/lab/transcript.h"

#include <algorithm>

namespace wxsec::lab {

bool StepRecord::held() const {
  return !error && std::all_of(expectations.begin(), expectations.end(),
                               [](const Expectation& e) { return e.held; });
}

bool Transcript::held() const {
  return !steps.empty() &&
         std::all_of(steps.begin(), steps.end(), [](const StepRecord& s) { return s.held(); });
}

std::size_t Transcript::expectations() const {
  std::size_t count = 0;
  for (const StepRecord& step : steps) count += step.expectations.size();
  return count;
}

std::size_t Transcript::failures() const {
  std::size_t count = 0;
  for (const StepRecord& step : steps) {
    if (step.error) ++count;
    count +=
        static_cast<std::size_t>(std::count_if(step.expectations.begin(), step.expectations.end(),
                                               [](const Expectation& e) { return !e.held; }));
  }
  return count;
}

}  // namespace wxsec::lab
