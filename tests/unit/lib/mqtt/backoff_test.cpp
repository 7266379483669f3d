#include "lib/mqtt/backoff.h"

#include <doctest/doctest.h>

#include <set>

using namespace wxsec::mqtt;
using namespace std::chrono_literals;

TEST_CASE("mqtt/backoff: doubles up to the longest, each wait between half and the whole") {
  BackoffTimer timer({100ms, 1000ms}, 1);
  for (const auto whole : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const auto wait = timer.next();
    CHECK(wait >= whole / 2);
    CHECK(wait <= whole);
  }
  timer.reset();
  CHECK(timer.next() <= 100ms);
}

TEST_CASE("mqtt/backoff: two clients do not come back together") {
  std::set<long> waits;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    waits.insert(BackoffTimer({1000ms, 1000ms}, seed).next().count());
  CHECK(waits.size() > 10);
}
