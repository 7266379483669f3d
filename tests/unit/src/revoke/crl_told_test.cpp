// Who heard of the revocation list, over several runs: nobody is forgotten who reads an older one.
#include <doctest/doctest.h>

#include "src/certs/crl_untold.h"
#include "src/renew/renew.h"
#include "src/revoke/revoke.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

// One that notes how often it was told, and fails while it is deaf.
struct Reader {
  std::string identity;
  int told = 0;
  bool deaf = false;

  Service service() {
    Service out;
    out.identity = identity;
    out.description = "the reload of " + identity;
    out.reload = [this]() -> core::Result<void> {
      ++told;
      if (deaf) return core::fail(Code::child_failed, "exit 1");
      return {};
    };
    return out;
  }
};

RevokeOptions revocation_of(const Made& made, std::string name, std::vector<Service> services) {
  RevokeOptions options;
  options.dir = made.dir;
  options.name = std::move(name);
  options.services = std::move(services);
  return options;
}

RenewReport renew_with(const Made& made, std::vector<Service> services) {
  RenewOptions options;
  options.dir = made.dir;
  options.services = std::move(services);
  return renew(options, made.clock, {}).value();
}

}  // namespace

TEST_CASE("certs/revoke: who failed to hear of a list is told after the next ones, too") {
  Made made;
  Reader broker{"broker", 0, true};
  Reader api{"api"};
  CHECK_FALSE(revoke(revocation_of(made, "station-0001", {broker.service(), api.service()}),
                     made.clock, {}));
  REQUIRE(revoke(revocation_of(made, "operator", {api.service()}), made.clock, {}).has_value());
  REQUIRE(refresh_list(revocation_of(made, "", {api.service()}), made.clock).has_value());
  CHECK(api.told == 3);
  CHECK(is_list_untold(made.layout));
  broker.deaf = false;
  CHECK(renew_with(made, {broker.service(), api.service()}).crl_told_again);
  CHECK(broker.told == 2);
  CHECK(api.told == 3);  // knows this list already
  CHECK_FALSE(is_list_untold(made.layout));
}

TEST_CASE("certs/revoke: nobody waits for a service whose identity is gone") {
  Made made;
  Reader station{"station-0001", 0, true};
  Reader broker{"broker"};
  CHECK_FALSE(revoke(revocation_of(made, "operator", {station.service()}), made.clock, {}));
  std::filesystem::remove_all(made.layout.identity("station-0001"));
  REQUIRE(refresh_list(revocation_of(made, "", {broker.service()}), made.clock).has_value());
  CHECK_FALSE(is_list_untold(made.layout));
}

TEST_CASE("certs/renew: not all were told of the list while one who failed is not among them") {
  Made made;
  Reader broker{"broker", 0, true};
  Reader api{"api"};
  CHECK_FALSE(revoke(revocation_of(made, "station-0001", {broker.service()}), made.clock, {}));
  CHECK_FALSE(renew_with(made, {api.service()}).crl_told_again);
  CHECK(api.told == 1);
  broker.deaf = false;
  CHECK(renew_with(made, {broker.service()}).crl_told_again);
}

TEST_CASE("certs/revoke: a reload that takes its time holds up no revocation, nor hides that one") {
  Made made;
  Reader broker{"broker"};
  Reader slow{"api"};
  Service meanwhile = slow.service();
  meanwhile.reload = [&]() -> core::Result<void> {
    return revoke(revocation_of(made, "operator", {}), made.clock, {}).has_value()
               ? core::Result<void>()
               : core::fail(Code::busy, "held up");
  };
  const auto first =
      revoke(revocation_of(made, "station-0001", {broker.service(), meanwhile}), made.clock, {});
  CHECK_MESSAGE(first.has_value(), (first ? "" : first.error().what));
  CHECK(is_list_untold(made.layout));  // "operator" is on a list that the broker has not read
  CHECK(renew_with(made, {broker.service()}).crl_told_again);
  CHECK(broker.told == 2);
}

TEST_CASE("certs/revoke: who failed to hear of a list that was replaced meanwhile stays noted") {
  Made made;
  Reader broker{"broker"};
  Reader api{"api"};
  Service meanwhile = broker.service();
  meanwhile.reload = [&]() -> core::Result<void> {
    REQUIRE(revoke(revocation_of(made, "operator", {api.service()}), made.clock, {}).has_value());
    return core::fail(Code::child_failed, "exit 1");
  };
  CHECK_FALSE(revoke(revocation_of(made, "station-0001", {meanwhile}), made.clock, {}));
  CHECK(is_list_untold(made.layout));  // though the other run had told all that it knew of
  CHECK(renew_with(made, {broker.service()}).crl_told_again);
  CHECK_FALSE(is_list_untold(made.layout));
}
