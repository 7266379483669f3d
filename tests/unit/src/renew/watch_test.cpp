// Days of a daemon by a clock of our own: every look at the bell moves it on, nothing here waits.
#include "src/renew/watch.h"

#include <doctest/doctest.h>

#include "src/renew/back_off.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

void shorten(const Made& made, std::vector<std::string> names, hours lifetime) {
  RenewOptions options;
  options.dir = made.dir;
  options.names = std::move(names);
  options.lifetime = lifetime;
  options.force = true;
  REQUIRE(renew(options, made.clock, {}).value().ok());
}

RenewReport failed_report(std::vector<std::string> names) {
  RenewReport report;
  for (std::string& name : names) {
    RenewItem item;
    item.name = std::move(name);
    item.state = RenewState::failed;
    item.error = core::Error{core::Code::io, "no room", ""};
    report.items.push_back(std::move(item));
  }
  return report;
}

}  // namespace

TEST_CASE("certs/watch: the next look is when the first is due, but not later than asked") {
  const core::Instant now = at(kStart);
  RenewReport report;
  report.items.resize(3);
  report.items[0].due = now + days(30);
  report.items[1].due = now + hours(5);
  report.items[2].due = now - days(1);
  report.items[2].state = RenewState::foreign;  // not ours to renew
  CHECK(next_round(report, days(1), now) == now + hours(5));
  CHECK(next_round(report, hours(1), now) == now + hours(1));
  report.items[1].due = now - seconds(1);
  CHECK(next_round(report, hours(1), now) == now + seconds(1));
}

TEST_CASE("certs/watch: renews what is due, rings, and ends; a directory that is none is told") {
  Made made;
  made.clock.set(at("2026-03-10T00:00:00Z"));
  WatchOptions options;
  options.renewal.dir = made.dir;
  WatchBell bell;
  std::stop_source stop;
  std::vector<std::size_t> renewed;
  options.on_round = [&](const core::Result<RenewReport>& round, core::Instant) {
    REQUIRE(round.has_value());
    renewed.push_back(0);
    for (const RenewItem& item : round->items)
      if (item.state == RenewState::renewed) ++renewed.back();
    if (renewed.size() == 2) stop.request_stop();
    bell.ring();
  };
  CHECK(watch(std::move(options), bell, made.clock, stop.get_token()).has_value());
  REQUIRE(renewed.size() == 2);
  CHECK(renewed[0] == 4);  // all but the station, which lives for a year
  CHECK(renewed[1] == 0);
  WatchOptions lost;
  lost.renewal.dir = made.dir / "nothing";
  CHECK(watch(std::move(lost), bell, made.clock, {}).error().code == core::Code::not_found);
}

TEST_CASE("certs/watch: one that fails is tried ever more seldom, each by its own alarm") {
  BackOff back_off(minutes(1), hours(12));
  const core::Instant now = at(kStart);
  CHECK(back_off.next() == core::Instant::max());
  back_off.note(failed_report({"a"}), now, now);
  CHECK(back_off.next() == now + minutes(1));
  CHECK(back_off.resting(now + seconds(59)).count("a") == 1);
  CHECK(back_off.resting(now + minutes(1)).empty());
  back_off.note(failed_report({"a"}), now + minutes(1), now + minutes(1));
  CHECK(back_off.next() == now + minutes(3));
  // A look for the sake of others tells of it again, and b is new: a waits on, b begins.
  back_off.note(failed_report({"a", "b"}), now + minutes(2), now + minutes(4));
  CHECK(back_off.next() == now + minutes(3));
  CHECK(back_off.resting(now + minutes(4)).count("b") == 1);
  back_off.note(core::fail(core::Code::busy, "in use"), now + minutes(4), now + minutes(4));
  CHECK(back_off.next() == now + minutes(5));  // nobody was tried
  back_off.wake();
  CHECK(back_off.resting(now).empty());
  back_off.note(failed_report({}), now, now);
  CHECK(back_off.next() == core::Instant::max());
}

TEST_CASE("certs/watch: one that keeps failing lets no other run out, and is not tried with them") {
  Made made;
  shorten(made, {"broker", "api"}, hours(1));
  const core::Instant end = made.clock.now() + days(2);
  std::stop_source stop;
  int tried = 0;
  WatchOptions options;
  options.renewal.dir = made.dir;
  options.heartbeat = std::chrono::milliseconds(1);
  Service broken;
  broken.identity = "api";
  broken.description = "a hook";
  broken.reload = [&]() -> core::Result<void> {
    ++tried;
    return core::fail(core::Code::child_failed, "exit 1");
  };
  options.renewal.services = {broken};
  options.on_alive = [&] {
    made.clock.advance(minutes(1));
    if (made.clock.now() > end) stop.request_stop();
  };
  bool expired = false;
  options.on_round = [&](const core::Result<RenewReport>& round, core::Instant) {
    REQUIRE(round.has_value());
    expired = expired || made.clock.now() > leaf_of(made.layout.broker().cert).not_after;
  };
  WatchBell bell;
  CHECK(watch(std::move(options), bell, made.clock, stop.get_token()).has_value());
  CHECK_FALSE(expired);
  CHECK(tried >= 2 * 8);   // each time: told, and told again when it went back
  CHECK(tried <= 2 * 16);  // and not at each of the hundred looks
}
