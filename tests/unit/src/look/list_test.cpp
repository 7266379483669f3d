#include "src/look/list.h"

#include <doctest/doctest.h>

#include "src/issue/issue.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

TEST_CASE("certs/list: folders and ledger side by side, and where they differ") {
  Made made;
  ListOptions options;
  options.dir = made.dir;
  const auto before = list_identities(options, made.clock).value();
  CHECK(before.identities.size() == 7);
  IssueOptions one;
  one.dir = made.dir;
  one.name = "hill";
  const auto issued = issue(one, made.clock).value();
  one.name = "lake";
  REQUIRE(issue(one, made.clock).has_value());
  std::filesystem::remove_all(made.layout.stations() / "lake");
  const auto report = list_identities(options, made.clock).value();
  CHECK(report.has_ledger);
  CHECK(report.missing == std::vector<std::string>{"lake"});
  options.names = {"h?ll"};
  const auto hill = list_identities(options, made.clock).value();
  REQUIRE(hill.identities.size() == 1);
  CHECK(hill.identities[0].profile == "station");
  CHECK(hill.identities[0].serial == issued.certificate.serial);
  CHECK(hill.identities[0].generation == "0001");
  CHECK(hill.identities[0].days_left == 364);
  CHECK(hill.identities[0].key == "P-256");
  CHECK(hill.identities[0].recorded);
  CHECK(hill.missing.empty());
  options.names = {};
  options.order = ListOrder::days_left;
  CHECK(list_identities(options, made.clock).value().identities.back().name == "root");
  options.state = CheckState::due;
  CHECK(list_identities(options, made.clock).value().identities.empty());
  options.dir = "/nonexistent";
  CHECK(list_identities(options, made.clock).error().code == core::Code::not_found);
}
