// A certificate's life at its turning points, by a clock of our own: nothing here waits.
#include "src/renew/due.h"

#include <doctest/doctest.h>

#include "src/certs/generations.h"
#include "src/issue/issue.h"
#include "src/look/check.h"
#include "src/renew/renew.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr milliseconds kLifetimes[] = {hours(1), hours(24), days(6), days(45), days(90), days(398)};

pki::Certificate living(core::Instant from, milliseconds lifetime, std::string serial = "01") {
  pki::Certificate certificate;
  certificate.not_before = from;
  certificate.not_after = from + lifetime;
  certificate.serial = std::move(serial);
  return certificate;
}

// Its authority lives for sixty days, and what it signs for so long at most.
Made with_brief_authority(milliseconds lifetime) {
  InitOptions options;
  options.stations = 0;
  options.ca_lifetime = days(60);
  options.lifetime = lifetime;
  return Made(std::move(options));
}

// One identity "web" of this lifetime in a directory whose authority lives for ten years.
pki::Certificate make_web(const Made& made, milliseconds lifetime) {
  IssueOptions options;
  options.dir = made.dir;
  options.name = "web";
  options.profile = "server";
  options.lifetime = lifetime;
  return issue(options, made.clock).value().certificate;
}

RenewState renew_web(const Made& made) {
  RenewOptions options;
  options.dir = made.dir;
  options.names = {"web"};
  return renew(options, made.clock, {}).value().items.front().state;
}

core::Instant at_share(const pki::Certificate& certificate, double share) {
  const auto whole = static_cast<double>(pki::lifetime(certificate).count());
  return certificate.not_before + milliseconds(static_cast<std::int64_t>(whole * share));
}

CheckState check_web(const Made& made) {
  CheckOptions options;
  options.dir = made.dir;
  options.targets = {made.layout.current("web").cert.string()};
  return check(options, made.clock).value().worst();
}

}  // namespace

TEST_CASE("certs/due: at 50, 66, 67 and 99 percent of every life, and once in a window [slow]") {
  for (const milliseconds lifetime : kLifetimes) {
    CAPTURE(lifetime.count());
    for (const double share : {0.49, 0.51, 0.66, 0.67, 0.99}) {
      CAPTURE(share);
      Made made;
      const auto first = make_web(made, lifetime);
      made.clock.set(at_share(first, share));
      const bool due = lifetime < days(10) ? share > 0.5 : share > 2.0 / 3;
      CHECK(renew_web(made) == (due ? RenewState::renewed : RenewState::not_due));
      CHECK(renew_web(made) == RenewState::not_due);  // never twice
      made.clock.advance(lifetime / 10);
      if (due) CHECK(renew_web(made) == RenewState::not_due);
    }
  }
}

TEST_CASE("certs/due: one second after its end a certificate is expired, and can be renewed") {
  for (const milliseconds lifetime : kLifetimes) {
    Made made;
    const auto first = make_web(made, lifetime);
    made.clock.set(first.not_after + seconds(1));
    if (made.clock.now() > leaf_of(made.layout.issuing().cert).not_after) continue;
    CHECK(check_web(made) >= CheckState::expired);  // or broken: the list has run out as well
    CHECK(renew_web(made) == RenewState::renewed);
    CHECK(check_web(made) == CheckState::fine);
  }
}

TEST_CASE("certs/due: a clock that is ten minutes off, either way") {
  Made made;
  const auto first = make_web(made, days(90));
  // Behind: authorities, list and certificate all begin more than ten minutes back.
  const core::Instant right = made.clock.now();
  made.clock.set(right - minutes(10));
  CHECK(check_web(made) == CheckState::fine);
  made.clock.set(first.not_before - minutes(1));
  CHECK(check_web(made) != CheckState::fine);
  CHECK(renew_web(made) == RenewState::not_due);
  // Ahead: due ten minutes early, and then not again when the clock is right.
  made.clock.set(renewal_due(first, {}) + minutes(9));
  CHECK(renew_web(made) == RenewState::renewed);
  made.clock.advance(-minutes(10));
  CHECK(renew_web(made) == RenewState::not_due);
  // A certificate of an hour that was made ahead of time holds for who is right.
  Made short_lived;
  const auto hour = make_web(short_lived, hours(1));
  short_lived.clock.advance(-minutes(10));
  CHECK(check_web(short_lived) == CheckState::fine);
  short_lived.clock.advance(minutes(20));
  CHECK(check_web(short_lived) == CheckState::fine);
  CHECK(hour.not_before <= at(kStart));
}

TEST_CASE("certs/due: across 2050, where certificates write their years in another way") {
  FastDirectory parent;
  core::FixedClock clock = clock_at("2049-12-20T00:00:00Z");
  InitOptions options;
  options.dir = parent.path() / "certs";
  options.stations = 1;
  REQUIRE(init(options, clock).has_value());
  const Layout layout(options.dir);
  const auto before = leaf_of(layout.broker().cert);
  CHECK(before.not_after > at("2050-03-01T00:00:00Z"));  // UTCTime, then GeneralizedTime
  RenewOptions renewal;
  renewal.dir = options.dir;
  renewal.names = {"broker"};
  CHECK(renew(renewal, clock, {}).value().items.front().state == RenewState::not_due);
  clock.set(at("2050-02-20T00:00:00Z"));
  const auto report = renew(renewal, clock, {}).value();
  CHECK(report.items.front().state == RenewState::renewed);
  CHECK(report.ok());
  CHECK(leaf_of(layout.broker().cert).not_before > at("2050-02-19T00:00:00Z"));
  CheckOptions look;
  look.dir = options.dir;
  look.targets = {layout.broker().cert.string()};
  CHECK(check(look, clock).value().worst() == CheckState::fine);
}

TEST_CASE("certs/due: a threshold longer than a life falls back to the default share") {
  const core::Instant start = at(kStart);
  const auto short_one = living(start, days(6));
  DueRule rule;
  rule.within.left = days(30);
  CHECK(renewal_due(short_one, rule) == start + days(3));
  CHECK(renewal_due(living(start, days(90)), rule) == start + days(60));
  rule.within = {std::nullopt, 1.0};
  CHECK(renewal_due(living(start, days(90)), rule) == start + days(60));
  Made made;
  make_web(made, days(6));
  RenewOptions options;
  options.dir = made.dir;
  options.names = {"web"};
  options.due.within.left = days(30);
  CHECK(renew(options, made.clock, {}).value().items.front().state == RenewState::not_due);
}

TEST_CASE("certs/due: jitter spreads, is the same at every look, and stays within the window") {
  const core::Instant start = at(kStart);
  DueRule rule;
  rule.jitter = hours(6);
  std::size_t early = 0;
  constexpr std::size_t kMany = 400;
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto one = living(start, days(90), std::to_string(i * 7919));
    const core::Instant due = renewal_due(one, rule);
    CHECK(due == renewal_due(one, rule));
    CHECK(due >= start + days(60));
    CHECK(due < start + days(60) + hours(6));
    if (due < start + days(60) + hours(3)) ++early;
  }
  CHECK(early > kMany / 4);
  CHECK(early < kMany * 3 / 4);
  for (std::size_t i = 0; i < kMany; ++i)  // an hour's certificate keeps most of its window
    CHECK(renewal_due(living(start, hours(1), std::to_string(i)), rule) <=
          start + minutes(30) + milliseconds(minutes(30)) / 4);
}

TEST_CASE("certs/due: a certificate that ends with its authority is not renewed for nothing") {
  Made made = with_brief_authority(days(90));
  made.clock.advance(days(50));
  RenewOptions renewal;
  renewal.dir = made.dir;
  renewal.names = {"broker"};
  const auto report = renew(renewal, made.clock, {}).value();
  CHECK(report.items.front().state == RenewState::failed);
  REQUIRE(report.items.front().error.has_value());
  CHECK(report.items.front().error->hint.find("rotate-ca") != std::string::npos);
  CHECK(generations_in(made.layout.identity("broker")).size() == 1);
}

TEST_CASE("certs/due: nothing would be renewed by an authority that has ended, by force neither") {
  Made made = with_brief_authority(days(30));
  made.clock.advance(days(61));
  RenewOptions renewal;
  renewal.dir = made.dir;
  for (const bool dry : {true, false}) {
    for (const bool force : {false, true}) {
      renewal.dry_run = dry;
      renewal.force = force;
      const auto report = renew(renewal, made.clock, {}).value();
      CHECK_FALSE(report.ok());
      for (const RenewItem& item : report.items) {
        CHECK(item.state == RenewState::failed);
        REQUIRE(item.error.has_value());
        CHECK(item.error->what.find("authority expired at 2026-03-02T") != std::string::npos);
        CHECK(item.error->hint.find("rotate-ca") != std::string::npos);
      }
    }
  }
}

TEST_CASE("certs/due: one identity that cannot be read does not stop the others") {
  Made made;
  made.clock.set(at("2026-03-10T00:00:00Z"));
  std::filesystem::resize_file(made.layout.broker().cert, 100);
  RenewOptions options;
  options.dir = made.dir;
  const auto report = renew(options, made.clock, {}).value();
  CHECK(report.items[0].state == RenewState::failed);
  CHECK(report.items[1].state == RenewState::renewed);
  CHECK_FALSE(report.ok());
}
