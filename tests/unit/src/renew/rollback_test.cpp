#include "src/renew/rollback.h"

#include <doctest/doctest.h>

#include "tests/support/force_renewal.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

namespace {

// Root may give a key to any group, others to their own.
gid_t some_group() { return ::geteuid() == 0 ? 12345 : ::getegid(); }

gid_t group_of(const core::Path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_gid;
}

}  // namespace

TEST_CASE("certs/rollback: the key keeps the access of the generation that is left") {
  Made made;
  force_renewal(made, "broker");
  const core::Path key = made.layout.broker().key;
  REQUIRE(::chown(key.c_str(), static_cast<uid_t>(-1), some_group()) == 0);
  REQUIRE(::chmod(key.c_str(), 0640) == 0);
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0001");
  CHECK(mode_of(key) == 0640);
  CHECK(group_of(key) == some_group());
  force_renewal(made, "broker");
  CHECK(mode_of(key) == 0640);
  CHECK(group_of(key) == some_group());
}

TEST_CASE("certs/rollback: nor does it shut out whom the last one shuts out by mistake") {
  Made made;
  REQUIRE(::chmod(made.layout.broker().key.c_str(), 0640) == 0);
  force_renewal(made, "broker");
  REQUIRE(::chmod(made.layout.broker().key.c_str(), 0600) == 0);
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0001");
  CHECK(mode_of(made.layout.broker().key) == 0640);
}

TEST_CASE("certs/rollback: init with a group lets it read all generations that are kept") {
  Made made;
  force_renewal(made, "broker");
  InitOptions options;
  options.dir = made.dir;
  options.stations = 1;
  options.group = std::to_string(some_group());
  REQUIRE(init(options, made.clock).has_value());
  for (const char* generation : {"0001", "0002"}) {
    const core::Path key = made.layout.identity("broker") / generation / "privkey.pem";
    CHECK(mode_of(key) == 0640);
    CHECK(group_of(key) == some_group());
  }
}
