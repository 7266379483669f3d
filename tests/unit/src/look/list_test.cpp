#include "src/look/list.h"

#include <doctest/doctest.h>

#include <map>

#include "src/issue/issue.h"
#include "tests/support/fast_directory.h"
#include "tests/unit/src/look/check_run.h"

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

TEST_CASE("certs/list: what no service can load is as broken as for a check") {
  Made made;
  std::filesystem::remove(made.layout.current("broker").key);
  std::filesystem::copy_file(made.layout.current("api").fullchain,
                             made.layout.current("ingest").fullchain,
                             std::filesystem::copy_options::overwrite_existing);
  REQUIRE(core::swap_symlink("0007", made.layout.identity("api") / "current"));
  REQUIRE(core::swap_symlink("../broker/0001", made.layout.identity("operator") / "current"));
  const CheckReport checked = run(made, {made.dir.string()});
  std::map<std::string, CheckState> states;
  for (const CheckItem& item : checked.items)
    states[core::Path(item.target).parent_path().parent_path().filename().string()] = item.state;
  ListOptions options;
  options.dir = made.dir;
  const auto all = list_identities(options, made.clock).value();
  for (const ListedIdentity& one : all.identities) {
    CAPTURE(one.name);
    const bool whole = one.name == "root" || one.name == "issuing" || one.name == "station-0001";
    CHECK(one.state == (whole ? CheckState::fine : CheckState::broken));
    const bool by_link = one.name == "api" || one.name == "operator";  // another depth of the path
    if (!by_link) CHECK(one.state == states.at(one.name));
  }
  CHECK(checked.count(CheckState::broken) == 4);
  options.state = CheckState::broken;
  CHECK(list_identities(options, made.clock).value().identities.size() == 4);
}
