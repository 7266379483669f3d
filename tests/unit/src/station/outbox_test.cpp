#include "src/station/outbox.h"

#include <doctest/doctest.h>

using namespace wxsec;
using namespace std::chrono_literals;
using station::Outbox;

namespace {
const Outbox::Time kNow{};
}

TEST_CASE("station/outbox: readings leave oldest first, each once") {
  Outbox outbox(10);
  outbox.add(1, "a");
  outbox.add(2, "b");
  const auto first = outbox.next();
  REQUIRE(first);
  CHECK(first->sequence == 1);
  CHECK(first->payload == "a");
  CHECK_FALSE(first->again);
  CHECK(outbox.next()->sequence == 2);
  CHECK_FALSE(outbox.next());
  CHECK(outbox.in_flight() == 2);
}

TEST_CASE("station/outbox: the broker's answer keeps a reading, the store's ends it") {
  Outbox outbox(10);
  outbox.add(1, "a");
  CHECK(outbox.before_broker() == 1);
  outbox.next();
  CHECK(outbox.before_broker() == 1);
  outbox.acknowledged(1, kNow);
  CHECK(outbox.before_broker() == 0);
  CHECK(outbox.size() == 1);
  CHECK_FALSE(outbox.next());
  CHECK(outbox.stored(1, 1) == 1);
  CHECK(outbox.empty());
}

TEST_CASE("station/outbox: without a store the oldest at the broker are forgotten, no others") {
  Outbox outbox(10);
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) outbox.add(sequence, "x");
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) outbox.next();
  outbox.acknowledged(2, kNow);
  outbox.acknowledged(3, kNow);
  outbox.acknowledged(4, kNow);
  outbox.forget_at_broker(2);
  CHECK(outbox.stored(2, 2) == 0);  // the oldest of three
  CHECK(outbox.size() == 4);
  outbox.forget_at_broker(0);
  CHECK(outbox.size() == 2);
  CHECK(outbox.stored(1, 1) == 1);  // in flight
  CHECK(outbox.stored(5, 5) == 1);  // waiting
}

TEST_CASE("station/outbox: what the connection lost is sent again, marked as such") {
  Outbox outbox(10);
  outbox.add(1, "a");
  outbox.next();
  outbox.unsent(1);
  CHECK(outbox.in_flight() == 0);
  const auto again = outbox.next();
  REQUIRE(again);
  CHECK(again->again);
}

TEST_CASE("station/outbox: the store's range ends what lies in it, in any state, and no more") {
  Outbox outbox(10);
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) outbox.add(sequence, "x");
  outbox.next();                    // 1 in flight
  outbox.next();                    // 2
  outbox.acknowledged(2, kNow);     // 2 at the broker
  CHECK(outbox.stored(1, 3) == 3);  // 3 was still waiting
  CHECK(outbox.in_flight() == 0);
  CHECK(outbox.size() == 2);
  CHECK(outbox.next()->sequence == 4);
  CHECK(outbox.stored(1, 3) == 0);
  CHECK(outbox.stored(9, 2) == 0);
}

TEST_CASE("station/outbox: after a reconnect, or too long without an answer, all is sent again") {
  Outbox outbox(10);
  outbox.add(1, "a");
  outbox.add(2, "b");
  outbox.next();
  outbox.acknowledged(1, kNow + 1s);
  outbox.next();
  outbox.acknowledged(2, kNow + 3s);
  outbox.send_unanswered_again(kNow + 2s);
  CHECK(outbox.next()->sequence == 1);
  CHECK_FALSE(outbox.next());
  outbox.send_all_again();
  CHECK(outbox.in_flight() == 0);
  CHECK(outbox.next()->sequence == 1);
  CHECK(outbox.next()->sequence == 2);
}

TEST_CASE("station/outbox: beyond the bound the oldest goes, and says so") {
  Outbox outbox(2);
  CHECK_FALSE(outbox.add(1, "a"));
  CHECK_FALSE(outbox.add(2, "b"));
  outbox.next();
  const auto dropped = outbox.add(3, "c");
  REQUIRE(dropped);
  CHECK(*dropped == 1);
  CHECK(outbox.in_flight() == 0);
  CHECK(outbox.size() == 2);
}

TEST_CASE("station/outbox: answers to readings that are not there change nothing") {
  Outbox outbox(2);
  outbox.acknowledged(7, kNow);
  outbox.unsent(7);
  CHECK_FALSE(outbox.remove(7));
  CHECK(outbox.empty());
  outbox.add(1, "a");
  CHECK(outbox.remove(1));
  CHECK(outbox.empty());
}
