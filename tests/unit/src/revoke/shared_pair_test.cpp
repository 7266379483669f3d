// One pair under two names: whoever revokes one of them hears of the other.
#include <doctest/doctest.h>

#include "src/renew/renew.h"
#include "src/revoke/revoke.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

namespace {

// As somebody does by hand, or by 'certs import'.
void copy_to(const Made& made, std::string_view name) {
  std::filesystem::copy(
      made.layout.identity("broker"), made.layout.identity(name),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
}

RevokeReport revoked(const Made& made, std::string name, pki::RevocationReason reason) {
  RevokeOptions options;
  options.dir = made.dir;
  options.name = std::move(name);
  options.reason = reason;
  return revoke(options, made.clock, {}).value();
}

constexpr auto kNoReason = pki::RevocationReason::unspecified;

}  // namespace

TEST_CASE(
    "certs/revoke: a certificate that another name shows takes that one with it, and says so") {
  Made made;
  copy_to(made, "web");
  const std::string serial = leaf_of(made.layout.broker().cert).serial;
  const RevokeReport report = revoked(made, "web", kNoReason);
  CHECK(report.serials == std::vector<std::string>{serial});
  REQUIRE(report.shared.size() == 1);
  CHECK(report.shared[0].name == "broker");
  CHECK(report.shared[0].serial == serial);
  CHECK(report.shared[0].profile == "server");
  CHECK(report.same_key.empty());
  const RevokeReport other_way = revoked(made, "broker", kNoReason);  // it was on the list
  REQUIRE(other_way.shared.size() == 1);
  CHECK(other_way.shared[0].name == "web");
  CHECK(revoked(made, "api", kNoReason).shared.empty());
}

TEST_CASE("certs/revoke: so does one that goes for its key alone") {
  Made made;
  copy_to(made, "old-web");
  RenewOptions renewal;
  renewal.dir = made.dir;
  renewal.names = {"broker"};
  renewal.force = true;
  renewal.new_key = false;
  made.clock.advance(std::chrono::hours(1));
  REQUIRE(renew(renewal, made.clock, {}).value().ok());
  copy_to(made, "new-web");
  const RevokeReport named = revoked(made, "old-web", kNoReason);
  CHECK(named.shared.empty());  // what broker shows now, and new-web with it, stays in force
  const RevokeReport all = revoked(made, "old-web", pki::RevocationReason::key_compromise);
  REQUIRE(all.same_key.size() == 1);
  CHECK(all.same_key[0].name == "broker");
  REQUIRE(all.shared.size() == 1);
  CHECK(all.shared[0].name == "new-web");
}
