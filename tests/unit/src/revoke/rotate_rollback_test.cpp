// The way back ends where another authority took over: nobody takes the certificates of the old
// one.
#include <doctest/doctest.h>

#include "src/renew/rollback.h"
#include "src/revoke/rotate.h"
#include "tests/support/force_renewal.h"
#include "tests/support/roll_over.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

void next_steps(const Made& made, int steps) {
  const RotateOptions options = untold_roll_over(made);
  for (int i = 0; i < steps; ++i) REQUIRE(rotate(options, made.clock, {}).has_value());
}

}  // namespace

TEST_CASE("certs/rollback: while both authorities are trusted, back to the old one's is fine") {
  Made made;
  next_steps(made, 2);
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0001");
}

TEST_CASE("certs/rollback: never to a certificate of an authority that is not trusted any more") {
  Made made;
  force_renewal(made, "broker");
  next_steps(made, 3);  // 0003 is of the new one
  const auto none = rollback(made.dir, "broker", "", made.clock.now());
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::not_found);
  CHECK(none.error().hint.ends_with(" --force broker"));
  const auto named = rollback(made.dir, "broker", "0002", made.clock.now());
  REQUIRE_FALSE(named);
  CHECK(named.error().code == Code::usage);
  CHECK(named.error().what.starts_with("generation 0002 is of an authority that "));
  CHECK(named.error().hint.find("wxsec certs renew --dir " + made.dir.string()) !=
        std::string::npos);
  force_renewal(made, "broker");
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0003");
}
