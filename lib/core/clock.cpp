#include "lib/core/clock.h"

#include <algorithm>

namespace wxsec::core {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::chrono::milliseconds Deadline::left() const {
  const auto span = at_ - std::chrono::steady_clock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(span), std::chrono::milliseconds{0});
}

}  // namespace wxsec::core
