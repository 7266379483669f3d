// How long to wait before the next attempt, so that a thousand stations do not all come back in the
// same second to a broker that has just restarted.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "lib/mqtt/client.h"

namespace wxsec::mqtt {

class BackoffTimer {
 public:
  BackoffTimer(const Backoff& backoff, std::uint64_t seed)
      : backoff_(backoff), next_(backoff.first), random_(seed) {}

  // first, 2 first, 4 first ... longest, each cut by a random part of up to half.
  std::chrono::milliseconds next() {
    const auto whole = std::min(next_, backoff_.longest);
    next_ = std::min(whole * 2, backoff_.longest);
    std::uniform_int_distribution<std::chrono::milliseconds::rep> span(whole.count() / 2,
                                                                       whole.count());
    return std::chrono::milliseconds{span(random_)};
  }
  void reset() { next_ = backoff_.first; }

 private:
  Backoff backoff_;
  std::chrono::milliseconds next_;
  std::mt19937_64 random_;
};

}  // namespace wxsec::mqtt
