#include "lib/net/dial.h"

#include <doctest/doctest.h>

#include "lib/net/listen.h"

using namespace wxsec::net;
using wxsec::core::Code;
using wxsec::core::Deadline;
using namespace std::chrono_literals;

namespace {
Endpoint loopback(std::uint16_t port) { return {Scheme::none, "127.0.0.1", port, ""}; }
}  // namespace

TEST_CASE("net/dial: port 0 is replaced by the one that was bound, and can be reached") {
  const auto listener = listen(loopback(0), 8).value();
  REQUIRE(listener.endpoint.port != 0);
  const auto fd = dial(listener.endpoint, Deadline::in(2s));
  REQUIRE(fd.has_value());
  CHECK(peer_address(fd->get()) == host_port(listener.endpoint));
}

TEST_CASE("net/dial: a closed port is 'refused' and names the place") {
  const Endpoint closed = loopback(free_port().value());
  const auto fd = dial(closed, Deadline::in(2s));
  REQUIRE_FALSE(fd.has_value());
  CHECK(fd.error().code == Code::refused);
  CHECK(fd.error().what.find(host_port(closed)) != std::string::npos);
}

TEST_CASE("net/listen: a port in use is 'busy', never shared in silence") {
  const auto first = listen(loopback(0), 8).value();
  const auto second = listen(first.endpoint, 8);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == Code::busy);
}

TEST_CASE("net/dial: waiting for a silent peer ends at the deadline") {
  const auto listener = listen(loopback(0), 8).value();
  const auto fd = dial(listener.endpoint, Deadline::in(2s)).value();
  const auto ready = wait_ready(fd.get(), Direction::read, Deadline::in(5ms));
  REQUIRE_FALSE(ready.has_value());
  CHECK(ready.error().code == Code::timeout);
  CHECK(wait_ready(fd.get(), Direction::write, Deadline::in(1s)).has_value());
}
