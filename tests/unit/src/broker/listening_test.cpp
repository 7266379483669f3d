#include "src/broker/listening.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

#include "lib/net/listen.h"

using namespace wxsec;
using broker::Listener;

// made-with: cat /proc/net/tcp /proc/net/tcp6 while mosquitto, a client and a server ran
constexpr const char* kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:22B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000   103        0 "
    "4026 1 00000000bf68b115 100 0 0 10 0\n"
    "   1: 0100007F:22B3 0100007F:E36E 01 00000000:00000000 00:00000000 00000000   103        0 "
    "4027 1 00000000bf68b115 100 0 0 10 0\n"
    "   2: 00000000000000000000000001000000:075B 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 4028 1 00000000bf68b115 100 0 0 10 0\n"
    "   3: 0100007F:ZZZZ 00000000:0000 0A 00000000:00000000 00:00000000 00000000   103        0 "
    "4029 1 x\n"
    "short line\n\n";

TEST_CASE("broker/listening: listening rows are read, connections and nonsense skipped") {
  const auto sockets = broker::parse_listening(kTable);
  REQUIRE(sockets.size() == 2);
  CHECK(sockets[0].listener == Listener{"127.0.0.1", 8883});
  CHECK(sockets[0].inode == 4026);
  CHECK(sockets[1].listener == Listener{"::1", 1883});
  CHECK(to_string(sockets[1].listener) == "[::1]:1883");
}

TEST_CASE("broker/listening: a truncated table never crashes nor invents") {
  const std::string table = kTable;
  for (std::size_t length = 0; length < table.size(); ++length)
    CHECK(broker::parse_listening(std::string_view(table).substr(0, length)).size() <= 2);
}

TEST_CASE("broker/listening: a socket of our own is found by the kernel's word") {
  const auto own = net::listen({net::Scheme::none, "127.0.0.1", 0, {}}, 1);
  REQUIRE(own);
  const auto found = broker::listeners_of(::getpid());
  REQUIRE(found);
  CHECK(std::count(found->begin(), found->end(), Listener{"127.0.0.1", own->endpoint.port}) == 1);
}
