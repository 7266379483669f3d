#include "src/certs/successor.h"

#include <doctest/doctest.h>

#include "src/issue/issue.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

TEST_CASE("certs/successor: an identity is made again by the profile that it was made by") {
  Made made;
  IssueOptions options;
  options.dir = made.dir;
  options.name = "mast";
  options.profile = "both";
  REQUIRE(issue(options, made.clock).has_value());
  CHECK(profile_name_of(made.layout, "mast") == "both");
  CHECK(profile_name_of(made.layout, "broker") == "server");
  CHECK(profile_name_of(made.layout, "station-0001") == "station");
  std::filesystem::remove(made.layout.ledger());
  CHECK(profile_name_of(made.layout, "mast") == "both");
  CHECK(profile_name_of(made.layout, "station-0001") == "station");
}

TEST_CASE("certs/successor: one that is wrong on purpose says nothing about its namesake") {
  Made made;
  IssueOptions wrong;
  wrong.dir = made.dir;
  wrong.name = "broker";
  wrong.profile = "expired";
  REQUIRE(issue(wrong, made.clock).has_value());
  CHECK(profile_name_of(made.layout, "broker") == "server");
  wrong.profile = "server";
  wrong.fault = Fault::no_san;
  wrong.if_exists = IfExists::new_generation;
  REQUIRE(issue(wrong, made.clock).has_value());
  CHECK(profile_name_of(made.layout, "broker") == "server");

  // Cut to its authority's end: what counts is its own lifetime, not that of the wrong ones.
  const pki::Certificate leaf = leaf_of(made.layout.broker().cert);
  pki::Certificate issuer = leaf_of(made.layout.issuing().cert);
  issuer.not_after = leaf.not_after;
  CHECK(lifetime_after(leaf, "broker", issuer, made.layout) == std::chrono::days(90));
}
