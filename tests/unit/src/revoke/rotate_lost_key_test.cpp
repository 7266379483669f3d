// A roll-over is the way out where the key that signs is lost, so it must not need that key.
#include <doctest/doctest.h>

#include "src/certs/crl_file.h"
#include "src/certs/crl_untold.h"
#include "src/certs/passphrase.h"
#include "src/issue/issue.h"
#include "src/revoke/revoke.h"
#include "src/revoke/rotate.h"
#include "src/revoke/rotate_proof.h"
#include "tests/support/roll_over.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

void lose(const Made& made, std::string_view authority) {
  REQUIRE(std::filesystem::remove(files_in(made.layout.identity(authority) / "0001").key));
}

std::string number_of_list(const Made& made, const core::Path& issuing) {
  const auto authority = leaf_of(files_in(issuing).cert);
  const auto lists = read_crl_file(made.layout.crl()).value();
  for (const pki::Crl& list : lists)
    if (is_by(list, authority)) return list.number;
  return "";
}

}  // namespace

TEST_CASE("certs/rotate: an authority whose key was lost before is replaced") {
  Made made;
  lose(made, "issuing");
  IssueOptions more;
  more.dir = made.dir;
  more.name = "late";
  const auto refused = issue(more, made.clock);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::not_found);
  CHECK(refused.error().hint.find("wxsec certs rotate-ca --dir") != std::string::npos);
  RotateOptions options = untold_roll_over(made);
  options.automatic = true;
  const auto report = rotate(options, made.clock, {});
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().what));
  CHECK(report->trust == "B");
  CHECK(issue(more, made.clock).has_value());
}

TEST_CASE("certs/rotate: a key that is lost on the way holds up its own list alone") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  for (int step = 0; step < 2; ++step) REQUIRE(rotate(options, made.clock, {}).has_value());
  lose(made, "issuing");
  IssueOptions more;
  more.dir = made.dir;
  more.name = "late";  // of the new authority alone
  REQUIRE(issue(more, made.clock).has_value());
  RevokeOptions revocation;
  revocation.dir = made.dir;
  revocation.name = "late";
  CHECK(revoke(revocation, made.clock, {}).value().serials.size() == 1);
  CHECK(refresh_list(revocation, made.clock).has_value());
  const core::Path issuing = made.layout.identity("issuing");
  CHECK(number_of_list(made, issuing / "0001") == "01");
  CHECK(number_of_list(made, issuing / "0002") == "03");
  CHECK(rotate(options, made.clock, {}).value().trust == "B");
}

TEST_CASE(
    "certs/revoke: what can be listed is told, also where the other authority's key is lost") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  for (int step = 0; step < 2; ++step) REQUIRE(rotate(options, made.clock, {}).has_value());
  lose(made, "issuing");
  int reloads = 0;
  Service broker;
  broker.identity = "broker";
  broker.reload = [&]() -> core::Result<void> { return ++reloads, core::Result<void>(); };
  RevokeOptions revocation;
  revocation.dir = made.dir;
  revocation.name = "station-0001";  // of both
  revocation.services = {broker};
  CHECK_FALSE(revoke(revocation, made.clock, {}).has_value());
  CHECK(reloads == 1);
  CHECK_FALSE(is_list_untold(made.layout));
  CHECK(number_of_list(made, made.layout.identity("issuing") / "0002") == "02");
}

TEST_CASE("certs/revoke: what got on no list is told of before a reload that failed") {
  Made made;
  REQUIRE(rotate(untold_roll_over(made), made.clock, {}).has_value());
  lose(made, "issuing");
  RevokeOptions revocation;
  revocation.dir = made.dir;
  revocation.name = "station-0001";  // of the old authority
  revocation.services.resize(1);
  revocation.services[0].identity = "broker";
  revocation.services[0].reload = []() -> core::Result<void> {
    return core::fail(Code::child_failed, "exit 1");
  };
  const auto failed = revoke(revocation, made.clock, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().what.find("could not be put on the list") <
        failed.error().what.find("exit 1"));
  CHECK(failed.error().what.find("exit 1") != std::string::npos);
  CHECK(failed.error().hint == "bring back the authority's key");
}

TEST_CASE("certs/renew: a due list whose key is lost is told each time, and disturbs no other") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  for (int step = 0; step < 2; ++step) REQUIRE(rotate(options, made.clock, {}).has_value());
  lose(made, "issuing");
  made.clock.set(at("2026-03-10T00:00:00Z"));
  RenewOptions renewal;
  renewal.dir = made.dir;
  for (const bool refreshed : {true, false}) {
    const auto report = renew(renewal, made.clock, {}).value();
    CHECK(report.crl_refreshed == refreshed);
    CHECK_FALSE(report.ok());
    REQUIRE(report.crl_error);
    CHECK(report.crl_key_away);
    CHECK(report.crl_error->hint.find("rotate-ca") != std::string::npos);
  }
  options.step = RotationStep::reissue;  // once more: what cannot be mended does not stop it
  CHECK(rotate(options, made.clock, {}).has_value());
}

TEST_CASE("certs/rotate: without the old key nobody of it can knock, and that is said") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  REQUIRE(rotate(options, made.clock, {}).has_value());
  lose(made, "issuing");
  options.services.resize(1);
  options.services[0].url = "mqtts://localhost:1";
  RotateRun run{options, made.clock, {}, Layout(made.dir), load_rotation(made.layout).value(), {}};
  CHECK(prove_old(run, Admission::refused).has_value());
  REQUIRE(run.report.not_proven.size() == 1);
  CHECK(run.report.not_proven[0].find("INCONCLUSIVE") != std::string::npos);
  CHECK(run.report.proofs.empty());
}

TEST_CASE("certs/rotate: a passphrase that fits nothing does not close the new keys") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  options.automatic = true;
  options.ca_passphrase.secret = core::Secret("typo");
  CHECK(rotate(options, made.clock, {}).value().trust == "B");
  CHECK_FALSE(is_key_encrypted(made.layout.issuing().key));
  CHECK_FALSE(is_key_encrypted(made.layout.root().key));
}
