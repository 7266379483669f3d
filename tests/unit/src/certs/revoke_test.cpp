#include "src/certs/revoke.h"

#include <doctest/doctest.h>

#include <set>

#include "src/certs/check.h"
#include "src/certs/crl_file.h"
#include "src/certs/fleet.h"
#include "src/certs/generation.h"
#include "src/certs/renew.h"
#include "tests/unit/src/certs/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

TEST_CASE("certs/revoke: all living generations go on the list, once, and the check says so") {
  Made made;
  RenewOptions again;
  again.dir = made.dir;
  again.names = {"operator"};
  again.force = true;
  REQUIRE(renew(again, made.clock, {}).value().ok());
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "operator";
  options.reason = pki::RevocationReason::key_compromise;
  const auto report = revoke(options, made.clock).value();
  CHECK(report.serials.size() == 2);
  CHECK(report.total == 2);
  const auto twice = revoke(options, made.clock).value();
  CHECK(twice.serials.empty());
  CHECK(twice.already == 2);
  CHECK(twice.total == 2);
  const auto lists = read_crl_file(made.layout.crl()).value();
  REQUIRE(lists.size() == 2);
  CHECK(lists[0].number == "03");
  CHECK(lists[0].revoked[0].reason == pki::RevocationReason::key_compromise);
  CheckOptions look;
  look.targets = {made.dir.string()};
  const auto checked = check(look, made.clock).value();
  CHECK(checked.count(CheckState::broken) == 1);
  CHECK(checked.count(CheckState::fine) == checked.items.size() - 1);
}

TEST_CASE("certs/revoke: a list that is signed anew keeps its entries") {
  Made made;
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "station-0001";
  REQUIRE(revoke(options, made.clock).has_value());
  made.clock.advance(std::chrono::days(30));
  const auto report = refresh_list(made.dir, {}, made.clock).value();
  CHECK(report.total == 1);
  CHECK(report.next_update == made.clock.now() + std::chrono::days(90));
  options.name = "nobody";
  CHECK(revoke(options, made.clock).error().code == Code::not_found);
  options.name = "issuing";
  CHECK(revoke(options, made.clock).error().code == Code::usage);
}

TEST_CASE("certs/fleet: goes on where it stopped, every serial and key is unique") {
  Made made;
  FleetOptions options;
  options.each.dir = made.dir;
  options.each.name = "field";
  options.count = 12;
  const auto first = issue_fleet(options, made.clock, {}).value();
  CHECK(first.created == 12);
  CHECK(first.last == "field-00012");
  const std::string kept = leaf_of(made.layout.current("field-00003").cert).serial;
  std::filesystem::remove_all(made.layout.identity("field-00007"));
  std::filesystem::remove(made.layout.identity("field-00008") / "current");
  options.count = 15;
  const auto second = issue_fleet(options, made.clock, {}).value();
  CHECK(second.created == 5);
  CHECK(second.kept == 10);
  CHECK(leaf_of(made.layout.current("field-00003").cert).serial == kept);
  std::set<std::string> serials;
  std::set<std::string> keys;
  for (unsigned i = 1; i <= 15; ++i) {
    const auto leaf = leaf_of(made.layout.current(fleet_name("field", i)).cert);
    CHECK(leaf.common_name == fleet_name("field", i));
    serials.insert(leaf.serial);
    keys.insert(leaf.public_key_sha256);
  }
  CHECK(serials.size() == 15);
  CHECK(keys.size() == 15);
}

TEST_CASE("certs/fleet: a stop leaves whole identities, nonsense is refused") {
  Made made;
  FleetOptions options;
  options.each.dir = made.dir;
  options.each.name = "field";
  options.count = 50;
  std::stop_source stop;
  options.on_progress = [&](std::uint64_t done) {
    if (done == 4) stop.request_stop();
  };
  CHECK(issue_fleet(options, made.clock, stop.get_token()).error().code == Code::interrupted);
  CHECK(resolve_current(made.layout.stations() / "field-00004").has_value());
  CHECK_FALSE(core::path_exists(made.layout.stations() / "field-00005"));
  options.count = 0;
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
  options.count = 100'000;
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
  options.count = 2;
  options.each.profile = "root";
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
  options.each.profile = "station";
  options.each.name = "../x";
  CHECK(issue_fleet(options, made.clock, {}).error().code == Code::usage);
}
