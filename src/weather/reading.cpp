#include "src/weather/reading.h"

#include <fmt/core.h>

#include <cmath>

namespace wxsec::weather {

using core::Code;

double rounded(const Field& field, double value) {
  const double scale = std::pow(10.0, field.decimals);
  return std::round(value * scale) / scale + 0.0;  // + 0.0 makes -0.0 a plain zero
}

core::Result<void> check(const Reading& reading) {
  for (const Field& field : kFields) {
    const double value = reading.*field.value;
    if (!std::isfinite(value)) {
      return core::fail(Code::malformed, fmt::format("{} is not a finite number", field.name));
    }
    if (value < field.least) {
      return core::fail(Code::malformed,
                        fmt::format("{} is {}, the least is {}", field.name, value, field.least));
    }
    if (value > field.most) {
      return core::fail(Code::malformed,
                        fmt::format("{} is {}, the most is {}", field.name, value, field.most));
    }
  }
  if (reading.sequence < 1 || reading.sequence > kMaxSequence) {
    return core::fail(Code::malformed, fmt::format("sequence is {}, it must be 1 to {}",
                                                   reading.sequence, kMaxSequence));
  }
  return {};
}

core::Result<void> check_time(const Reading& reading, core::Instant now) {
  if (reading.time > now + kMaxAhead) {
    return core::fail(Code::malformed, "time is more than an hour ahead of the receiver's clock");
  }
  return {};
}

}  // namespace wxsec::weather
