// Near the end of an authority all that it signs is cut to its end. What the next authority signs
// in their place lives as long as they did before.
#include <doctest/doctest.h>

#include "src/revoke/rotate.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using std::chrono::days;
using std::chrono::seconds;

namespace {

InitOptions six_days_of_sixty() {
  InitOptions options;
  options.stations = 0;
  options.lifetime = days(6);
  options.ca_lifetime = days(60);
  return options;
}

struct Ending : Made {
  Ending() : Made(six_days_of_sixty()) {
    clock.advance(days(56));
    RenewOptions renewal;
    renewal.dir = dir;
    REQUIRE(renew(renewal, clock, {}).value().ok());
    REQUIRE(whole_life("broker") < days(5));
    clock.advance(days(2));
  }
  std::chrono::milliseconds whole_life(std::string_view name) const {
    return pki::lifetime(leaf_of(layout.current(name).cert)) + seconds(1);
  }
  void roll_over() const {
    RotateOptions options;
    options.dir = dir;
    options.untold = true;
    options.automatic = true;
    REQUIRE(rotate(options, clock, {}).has_value());
  }
  void add_profile(const char* name, const char* toml) const {
    REQUIRE(core::make_directories(dir / "profiles", 0755));
    REQUIRE(core::write_file_atomic(dir / "profiles" / name, toml, {}));
  }
};

}  // namespace

TEST_CASE("certs/rotate: six days that were cut become six days again") {
  const Ending ending;
  ending.add_profile("server.toml", "lifetime = \"12d\"\nserver = true\n");
  ending.roll_over();
  CHECK(ending.whole_life("broker") == days(6));
  CHECK(ending.whole_life("operator") == days(6));
}

TEST_CASE("certs/rotate: where the ledger does not know, the directory's profile counts") {
  const Ending ending;
  std::filesystem::remove(ending.layout.ledger());
  ending.add_profile("server.toml", "lifetime = \"12d\"\nserver = true\n");
  ending.roll_over();
  CHECK(ending.whole_life("broker") == days(12));
  CHECK(ending.whole_life("operator") > days(50));  // the built-in one, cut again
}
