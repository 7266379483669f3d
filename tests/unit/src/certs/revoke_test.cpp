#include "src/certs/revoke.h"

#include <doctest/doctest.h>

#include <set>

#include "src/certs/check.h"
#include "src/certs/crl_file.h"
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
  const auto report = revoke(options, made.clock, {}).value();
  CHECK(report.serials.size() == 2);
  CHECK(report.total == 2);
  const auto twice = revoke(options, made.clock, {}).value();
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
  REQUIRE(revoke(options, made.clock, {}).has_value());
  made.clock.advance(std::chrono::days(30));
  const auto report = refresh_list(options, made.clock).value();
  CHECK(report.total == 1);
  CHECK(report.next_update == made.clock.now() + std::chrono::days(90));
  options.name = "nobody";
  CHECK(revoke(options, made.clock, {}).error().code == Code::not_found);
  options.name = "issuing";
  CHECK(revoke(options, made.clock, {}).error().code == Code::usage);
}
