#include "src/issue/fleet.h"

#include <doctest/doctest.h>

#include <set>

#include "lib/pki/key.h"
#include "src/certs/generations.h"
#include "src/certs/ledger.h"
#include "src/revoke/rotate.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

FleetOptions fleet_of(const Made& made, unsigned count) {
  FleetOptions options;
  options.each.dir = made.dir;
  options.each.name = "field";
  options.count = count;
  return options;
}

// Every folder holds a pair that belongs together, no serial and no key twice, and the ledger has
// exactly these serials of the fleet.
void check_whole(const Made& made, unsigned count) {
  std::set<std::string> serials;
  std::set<std::string> keys;
  for (unsigned i = 1; i <= count; ++i) {
    const auto files = made.layout.current(fleet_name("field", i));
    const auto leaf = leaf_of(files.cert);
    CHECK(leaf.common_name == fleet_name("field", i));
    CHECK(pki::Key::load(files.key, {}).value().matches(leaf));
    serials.insert(leaf.serial);
    keys.insert(leaf.public_key_sha256);
  }
  CHECK(serials.size() == count);
  CHECK(keys.size() == count);
  std::set<std::string> recorded;
  Ledger ledger = Ledger::open_to_read(made.layout).value();
  REQUIRE(ledger.for_each([&](const LedgerRow& row) {
    if (row.name.starts_with("field-")) recorded.insert(row.serial);
  }));
  CHECK(recorded == serials);
}

// As a run leaves it that was killed between the ledger and the link, or before the ledger.
enum class Killed { before_ledger, before_link };
pki::Certificate stage_and_die(const Made& made, const std::string& name, Killed when) {
  IssueOptions one;
  one.dir = made.dir;
  one.name = name;
  const auto issued = issue(one, made.clock).value();
  const core::Path folder = made.layout.stations() / name;
  std::filesystem::remove(folder / "current");
  if (when == Killed::before_ledger) {
    std::filesystem::remove(made.layout.ledger());
  }
  return issued.certificate;
}

}  // namespace

TEST_CASE("certs/fleet: goes on where it stopped, every serial and key is unique") {
  Made made;
  const auto first = issue_fleet(fleet_of(made, 12), made.clock, {}).value();
  CHECK(first.created == 12);
  CHECK(first.last == "field-00012");
  const std::string kept = leaf_of(made.layout.current("field-00003").cert).serial;
  const auto second = issue_fleet(fleet_of(made, 15), made.clock, {}).value();
  CHECK(second.created == 3);
  CHECK(second.kept == 12);
  CHECK(leaf_of(made.layout.current("field-00003").cert).serial == kept);
  check_whole(made, 15);
}

TEST_CASE("certs/fleet: what an authority of before signed is not put in use any more") {
  Made made;
  const auto old = stage_and_die(made, "field-00001", Killed::before_link);
  RotateOptions roll_over;
  roll_over.dir = made.dir;
  roll_over.automatic = true;
  roll_over.untold = true;
  REQUIRE(rotate(roll_over, made.clock, {}).has_value());
  const auto report = issue_fleet(fleet_of(made, 1), made.clock, {}).value();
  CHECK(report.created == 1);
  CHECK(report.completed == 0);
  CHECK(leaf_of(made.layout.current("field-00001").cert).serial != old.serial);
}

TEST_CASE("certs/fleet: what was recorded but not in use is put in use, not made again") {
  Made made;
  const auto before = stage_and_die(made, "field-00002", Killed::before_link);
  const auto report = issue_fleet(fleet_of(made, 3), made.clock, {}).value();
  CHECK(report.completed == 1);
  CHECK(report.created == 2);
  CHECK(leaf_of(made.layout.current("field-00002").cert).serial == before.serial);
  check_whole(made, 3);
}

TEST_CASE("certs/fleet: what was never recorded is made again, and leaves no second certificate") {
  Made made;
  const auto before = stage_and_die(made, "field-00002", Killed::before_ledger);
  const auto report = issue_fleet(fleet_of(made, 3), made.clock, {}).value();
  CHECK(report.created == 3);
  CHECK(leaf_of(made.layout.current("field-00002").cert).serial != before.serial);
  CHECK(generations_in(made.layout.stations() / "field-00002").size() == 1);
  check_whole(made, 3);
}

TEST_CASE("certs/fleet: one that was made without a ledger is kept and recorded") {
  Made made;
  CHECK(issue_fleet(fleet_of(made, 3), made.clock, {}).has_value());
  std::filesystem::remove(made.layout.ledger());
  const auto again = issue_fleet(fleet_of(made, 4), made.clock, {}).value();
  CHECK(again.kept == 3);
  CHECK(again.created == 1);
  check_whole(made, 4);
}

TEST_CASE("certs/fleet: the rows of a table get their own names and lifetimes") {
  Made made;
  FleetOptions options = fleet_of(made, 0);
  options.members = {{"hill", {{pki::NameKind::dns, "hill.stations.wx.test"}}, {}},
                     {"lake", {}, std::chrono::hours(24 * 6)}};
  CHECK(issue_fleet(options, made.clock, {}).value().created == 2);
  CHECK(leaf_of(made.layout.current("hill").cert).names.front().value == "hill.stations.wx.test");
  CHECK(pki::days_left(leaf_of(made.layout.current("lake").cert), made.clock.now()) == 5);
  options.members = {{"dup", {}, {}}, {"dup", {}, {}}};
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
  options.members = {{"far", {{pki::NameKind::dns, "far.example.org"}}, {}}};
  const auto refused = issue_fleet(options, made.clock, {});
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().what.find("far.example.org") != std::string::npos);
}

TEST_CASE("certs/fleet: a stop leaves whole identities, nonsense is refused") {
  Made made;
  FleetOptions options = fleet_of(made, 50);
  options.threads = 1;
  std::stop_source stop;
  options.on_progress = [&](std::uint64_t done) {
    if (done == 4) stop.request_stop();
  };
  CHECK(issue_fleet(options, made.clock, stop.get_token()).error().code == Code::interrupted);
  CHECK(resolve_current(made.layout.stations() / "field-00004").has_value());
  CHECK_FALSE(core::path_exists(made.layout.stations() / "field-00005"));
  check_whole(made, 4);
  options.count = 0;
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
  options.count = kMostMembers + 1;
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
  options.count = 2;
  options.each.profile = "root";
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
  options.each.profile = "station";
  options.each.name = "../x";
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
}

TEST_CASE("certs/ledger: all rows or none, a damaged or newer file is refused with the remedy") {
  Made made;
  Ledger ledger = Ledger::open(made.layout).value();
  LedgerRow row;
  row.serial = "aa";
  row.name = "one";
  row.issued = at(kStart);
  LedgerRow other = row;
  other.serial = "bb";
  REQUIRE(ledger.record(std::vector{row}).has_value());
  CHECK(ledger.record(std::vector{other, row}).error().code == Code::exists);
  CHECK_FALSE(ledger.find("bb").value().has_value());
  CHECK(ledger.find("aa").value()->name == "one");
  CHECK(ledger.latest_of("one").value()->serial == "aa");
  CHECK_FALSE(ledger.latest_of("two").value().has_value());
  REQUIRE(core::write_file_atomic(made.layout.ledger(), std::string(4096, 'x'), {}).has_value());
  const auto damaged = Ledger::open(made.layout);
  REQUIRE_FALSE(damaged.has_value());
  CHECK(damaged.error().code == Code::malformed);
  CHECK(damaged.error().hint.find("move") != std::string::npos);
}
