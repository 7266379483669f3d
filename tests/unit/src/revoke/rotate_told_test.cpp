// What a roll-over cannot do itself is told: to services that were not there, and of holders.
#include <doctest/doctest.h>

#include <array>

#include "lib/pki/csr.h"
#include "lib/pki/pem.h"
#include "src/certs/ledger.h"
#include "src/issue/sign.h"
#include "src/revoke/revoke.h"
#include "src/revoke/rotate.h"
#include "src/revoke/rotate_proof.h"
#include "tests/support/roll_over.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

LedgerRow handed(const Made& made, std::string name, std::string serial, core::Instant end) {
  LedgerRow row;
  row.name = std::move(name);
  row.serial = std::move(serial);
  row.profile = "station";
  row.issuer_key_id = leaf_of(made.layout.issuing().cert).subject_key_id;
  row.not_before = row.issued = made.clock.now();
  row.not_after = end;
  return row;
}

}  // namespace

TEST_CASE("certs/rotate: services may be told again when all is over") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  options.automatic = true;
  REQUIRE(rotate(options, made.clock, {}).value().trust == "B");
  int told = 0;
  RotateOptions again = untold_roll_over(made);
  again.step = RotationStep::trust_new;
  CHECK(rotate(again, made.clock, {}).error().code == Code::usage);  // and tell whom?
  again.services.resize(1);
  again.services[0].identity = "broker";
  again.services[0].reload = [&told] { return ++told, core::Result<void>(); };
  const auto first = rotate(again, made.clock, {}).value();
  CHECK(first.done == std::vector<RotationStep>{RotationStep::trust_new});
  CHECK_FALSE(first.under_way);
  CHECK(told > 0);
  told = 0;
  again.step = {};
  const auto second = rotate(again, made.clock, {}).value();
  CHECK(second.trust == "B");
  CHECK_FALSE(second.rests_until);
  CHECK(told == 1);  // "broker" was told of its pair by the first one
  again.step = RotationStep::reissue;
  CHECK(rotate(again, made.clock, {}).error().code == Code::usage);
}

TEST_CASE("certs/rotate: only servers that may run here hold up the last step") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  for (int step = 0; step < 2; ++step) REQUIRE(rotate(options, made.clock, {}).has_value());
  options.untold = false;
  options.services.resize(1);
  options.services[0].identity = "broker";
  options.services[0].reload = [] { return core::Result<void>(); };
  CHECK(rotate(options, made.clock, {}).error().code == Code::usage);  // nobody told the API
  RevokeOptions revocation;
  revocation.dir = made.dir;
  revocation.name = "api";
  REQUIRE(revoke(revocation, made.clock, {}).has_value());
  const auto last = rotate(options, made.clock, {});
  CHECK_MESSAGE(last.has_value(), (last ? "" : last.error().what));
}

TEST_CASE("certs/rotate: living certificates that were handed out are told of") {
  Made made;
  const core::Instant later = made.clock.now() + std::chrono::days(30);
  const std::array<LedgerRow, 4> rows{
      handed(made, "buoy", "0a", later), handed(made, "gauge", "0b", later),
      handed(made, "old", "0c", made.clock.now() - std::chrono::days(1)),
      handed(made, std::string(kProbeName), "0d", later)};
  REQUIRE(record_issued(made.layout, rows).has_value());
  const RotateOptions options = untold_roll_over(made);
  CHECK(rotate(options, made.clock, {}).value().handed_out.empty());
  const auto second = rotate(options, made.clock, {}).value();
  REQUIRE(second.handed_out.size() == 2);
  CHECK(second.handed_out[0].name == "buoy");
  CHECK(second.handed_out[0].serial == "0a");
  CHECK(second.handed_out[0].not_after == later);
  const auto anew = handed(made, "gauge", "0e", later);  // the new authority signs now
  REQUIRE(record_issued(made.layout, {&anew, 1}).has_value());
  const auto third = rotate(options, made.clock, {}).value();
  CHECK(third.trust == "B");
  REQUIRE(third.handed_out.size() == 1);
  CHECK(third.handed_out[0].name == "buoy");
}

TEST_CASE("certs/rotate: a request that was answered into a folder is no longer handed out") {
  Made made;
  const core::Instant later = made.clock.now() + std::chrono::days(30);
  const std::array<LedgerRow, 2> rows{handed(made, "gauge", "0a", later),
                                      handed(made, "operator", "0b", later)};
  REQUIRE(record_issued(made.layout, rows).has_value());
  const RotateOptions options = untold_roll_over(made);
  for (int step = 0; step < 2; ++step) REQUIRE(rotate(options, made.clock, {}).has_value());
  SignOptions request;
  request.dir = made.dir;
  request.csr = made.parent.path() / "gauge.csr";
  const pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  const auto der = pki::make_csr(key, "gauge", {}).value();
  REQUIRE(core::write_file_atomic(request.csr, pki::encode_pem("CERTIFICATE REQUEST", der), {}));
  REQUIRE(sign(request, made.clock).has_value());
  const auto third = rotate(options, made.clock, {}).value();
  // The pair of the directory's own operator is new; whoever has another of that name still waits.
  REQUIRE(third.handed_out.size() == 1);
  CHECK(third.handed_out[0].name == "operator");
}
