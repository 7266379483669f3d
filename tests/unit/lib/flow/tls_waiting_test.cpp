// Encrypted records that wait for their keys: what of them is kept has an end.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/flow/engine.h"
#include "tests/support/flow_run.h"
#include "tests/support/tls_talk.h"

using namespace wxsec;

namespace {

// The most that the engine ever held of a client that sends `record` so many times, in packets of a
// thousand, while a key log that is not its own is there.
std::size_t most_held(const std::string& record, std::size_t times) {
  flow::Engine engine({}, [](const flow::Event&) {});
  engine.keys().add("CLIENT_RANDOM " + std::string(64, 'a') + " " + std::string(96, 'b') + "\n");
  test::SegmentFeed feed(engine, 1000, 1000);
  feed.put({.sequence = 0, .flags = "S", .server_port = 443});
  std::uint32_t at = 1;
  const auto say = [&](const std::string& bytes) {
    feed.put({.sequence = at, .payload = bytes, .server_port = 443});
    at += static_cast<std::uint32_t>(bytes.size());
  };
  say(test::tls_record(22, test::client_hello({.suite = 0x1301, .tls13 = true})));
  std::string part;
  for (std::size_t i = 0; i < 1000; ++i) part += record;
  std::size_t most = 0;
  for (std::size_t i = 0; i < times; i += 1000) {
    say(part);
    most = std::max(most, engine.held());
  }
  return most;
}

}  // namespace

TEST_CASE("flow/tls_waiting: records without a body take room, too") {
  const std::string empty = test::tls_record(23, "");
  const std::size_t some = most_held(empty, 1000);
  CHECK(some > 1000 * sizeof(void*));  // they are counted
  CHECK(most_held(empty, 50'000) < 256 * 1024);
}
