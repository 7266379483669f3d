// Whatever a capture lacks, what is whole in it must be reported, and nothing else: counted against
// the traffic generator's own truth. tests/bench/sniff.sh does the same on 200 MB.
#include <doctest/doctest.h>

#include "lib/flow/engine.h"
#include "tests/support/traffic_check.h"

using namespace wxsec;

namespace {

test::TrafficCheck::Result run(const test::TrafficOptions& options) {
  test::TrafficCheck check;
  // The same seed twice: first for its truth, then for its frames.
  test::Traffic([](core::ByteView, std::int64_t) {},
                [&](const test::TrafficMessage& message) { check.sent(message); })
      .run(options);
  flow::Engine engine(flow::EngineLimits{},
                      [&](const flow::Event& event) { check.reported(event); });
  capture::Packet packet;
  test::Traffic(
      [&](core::ByteView frame, std::int64_t time_ns) {
        packet.bytes = frame;
        packet.original_size = static_cast<std::uint32_t>(frame.size());
        packet.time_ns = time_ns;
        ++packet.number;
        engine.take(packet);
      },
      nullptr)
      .run(options);
  engine.finish();
  return check.finish();
}

void show(const test::TrafficCheck::Result& result) {
  for (const std::string& example : result.examples) MESSAGE(example);
}

}  // namespace

TEST_CASE("flow/loss: without loss every message is reported, and nothing else") {
  const auto result = run({.seed = 7, .bytes = 1'000'000, .connections = 60});
  show(result);
  CHECK(result.sent > 2000);
  CHECK(result.whole == result.sent);
  CHECK(result.missed == 0);
  CHECK(result.phantoms == 0);
}

TEST_CASE("flow/loss: packets out of order change nothing") {
  const auto result =
      run({.seed = 8, .bytes = 1'000'000, .connections = 60, .delayed_per_10000 = 500});
  show(result);
  CHECK(result.whole == result.sent);
  CHECK(result.missed == 0);
  CHECK(result.phantoms == 0);
}

TEST_CASE(
    "flow/loss: 0.5 % lost and 1 % out of order costs under one whole message in a thousand") {
  const auto result = run({.seed = 9,
                           .bytes = 4'000'000,
                           .connections = 100,
                           .lost_per_10000 = 50,
                           .delayed_per_10000 = 100});
  show(result);
  CHECK(result.whole < result.sent);
  CHECK(result.missed * 1000 <= result.whole);
  CHECK(result.phantoms == 0);
}

TEST_CASE("flow/loss: a tenth lost, and still no message is invented") {
  const auto result = run({.seed = 10,
                           .bytes = 1'000'000,
                           .connections = 60,
                           .lost_per_10000 = 1000,
                           .delayed_per_10000 = 300});
  show(result);
  CHECK(result.phantoms == 0);
}
