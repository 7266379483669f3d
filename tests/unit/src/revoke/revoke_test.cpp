#include "src/revoke/revoke.h"

#include <doctest/doctest.h>

#include <set>

#include "lib/pki/csr.h"
#include "lib/pki/pem.h"
#include "src/certs/crl_file.h"
#include "src/certs/generations.h"
#include "src/issue/sign.h"
#include "src/look/check.h"
#include "src/renew/renew.h"
#include "src/revoke/rotate.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

TEST_CASE("certs/revoke: all living generations go on the list, once, and the check says so") {
  Made made;
  RenewOptions again;
  again.dir = made.dir;
  again.names = {"operator"};
  again.force = true;
  REQUIRE(renew(again, made.clock, {}).value().ok());
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "operator";
  options.reason = pki::RevocationReason::key_compromise;
  const auto report = revoke(options, made.clock, {}).value();
  CHECK(report.serials.size() == 2);
  CHECK(report.total == 2);
  const auto twice = revoke(options, made.clock, {}).value();
  CHECK(twice.serials.empty());
  CHECK(twice.already == 2);
  CHECK(twice.total == 2);
  const auto lists = read_crl_file(made.layout.crl()).value();
  REQUIRE(lists.size() == 2);
  CHECK(lists[0].number == "03");
  CHECK(lists[0].revoked[0].reason == pki::RevocationReason::key_compromise);
  CheckOptions look;
  look.targets = {made.dir.string()};
  const auto checked = check(look, made.clock).value();
  CHECK(checked.count(CheckState::broken) == 1);
  CHECK(checked.count(CheckState::fine) == checked.items.size() - 1);
}

TEST_CASE(
    "certs/revoke: generations whose folder is gone are revoked, too, and expired ones are not") {
  Made made;
  RenewOptions again;
  again.dir = made.dir;
  again.names = {"operator"};
  again.force = true;
  const std::string stolen = leaf_of(made.layout.current("operator").cert).serial;
  for (int i = 0; i < 7; ++i) REQUIRE(renew(again, made.clock, {}).value().ok());
  CHECK(generations_in(made.layout.identity("operator")).front() != "0001");
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "operator";
  const auto report = revoke(options, made.clock, {}).value();
  CHECK(report.serials.size() == 8);
  CHECK(std::find(report.serials.begin(), report.serials.end(), stolen) != report.serials.end());
  CHECK(revoke(options, made.clock, {}).value().already == 8);
  // Without its folder the ledger alone knows the identity.
  options.name = "station-0001";
  std::filesystem::remove_all(made.layout.identity("station-0001"));
  CHECK(revoke(options, made.clock, {}).value().serials.size() == 1);
  made.clock.advance(std::chrono::days(3650));
  options.name = "ingest";
  std::filesystem::remove_all(made.layout.identity("ingest"));
  const auto late = revoke(options, made.clock, {});
  CHECK((!late || late->serials.empty()));
}

TEST_CASE("certs/revoke: a list that is signed anew keeps its entries") {
  Made made;
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "station-0001";
  REQUIRE(revoke(options, made.clock, {}).has_value());
  made.clock.advance(std::chrono::days(30));
  const auto report = refresh_list(options, made.clock).value();
  CHECK(report.total == 1);
  CHECK(report.next_update == made.clock.now() + std::chrono::days(90));
  options.name = "nobody";
  CHECK(revoke(options, made.clock, {}).error().code == Code::not_found);
  options.name = "issuing";
  CHECK(revoke(options, made.clock, {}).error().code == Code::usage);
}

namespace {

core::Result<RevokeReport> begin_anew(const Made& made) {
  RevokeOptions options;
  options.dir = made.dir;
  options.if_lost = IfLost::begin_anew;
  return refresh_list(options, made.clock);
}

RevokeReport revoke_one(const Made& made, const std::string& name) {
  RevokeOptions options;
  options.dir = made.dir;
  options.name = name;
  options.reason = pki::RevocationReason::key_compromise;
  return revoke(options, made.clock, {}).value();
}

// Revoked, put back in by the hand of an older wxsec with the same key, and renewed.
core::Result<RenewReport> revoke_and_reuse_key(const Made& made) {
  RenewOptions options;
  options.dir = made.dir;
  options.names = {"operator"};
  options.new_key = false;
  options.force = true;
  const core::Path folder = made.layout.identity("operator");
  const std::string old = resolve_current(folder).value().filename().string();
  REQUIRE(renew(options, made.clock, {}).value().ok());
  const core::Path later = resolve_current(folder).value();
  std::filesystem::rename(later, made.parent.path() / "aside");
  std::filesystem::rename(made.layout.ledger(), made.parent.path() / "ledger.aside");
  REQUIRE(core::swap_symlink(old, folder / "current"));
  revoke_one(made, "operator");
  std::filesystem::rename(made.parent.path() / "aside", later);
  REQUIRE(core::swap_symlink(later.filename().string(), folder / "current"));
  return renew(options, made.clock, {});
}

void lose_list(const Made& made) { REQUIRE(std::filesystem::remove(made.layout.crl())); }

}  // namespace

TEST_CASE("certs/revoke: a list that got lost is not begun anew by the way") {
  Made made;
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "operator";
  const auto refused = [&](const core::Result<RevokeReport>& report) {
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == Code::not_found);
    CHECK(report.error().what.find(made.layout.crl().string()) != std::string::npos);
    CHECK(report.error().hint.find("--dir " + made.dir.string() + " --begin-anew") !=
          std::string::npos);
  };
  const auto lists = read_crl_file(made.layout.crl()).value();
  REQUIRE(write_crl_file(made.layout.crl(), {lists[1]}));  // the root's alone
  refused(revoke(options, made.clock, {}));
  refused(refresh_list(options, made.clock));
  lose_list(made);
  refused(revoke(options, made.clock, {}));
  refused(refresh_list(options, made.clock));
  CHECK_FALSE(core::path_exists(made.layout.crl()));
}

TEST_CASE("certs/revoke: a list begun anew holds what the ledger knows, and surpasses the lost") {
  Made made;
  revoke_one(made, "operator");
  const pki::Crl before = read_crl_file(made.layout.crl()).value().front();
  lose_list(made);
  const auto report = begin_anew(made).value();
  CHECK(report.restored == 1);
  CHECK(report.total == 1);
  const auto lists = read_crl_file(made.layout.crl()).value();
  REQUIRE(lists.size() == 2);
  const pki::Crl& after = lists.front();
  REQUIRE(after.revoked.size() == 1);
  CHECK(after.revoked[0].serial == before.revoked[0].serial);
  CHECK(after.revoked[0].at == before.revoked[0].at);
  CHECK(after.revoked[0].reason == pki::RevocationReason::key_compromise);
  CHECK(after.this_update >= before.this_update);
  CHECK(after.number.size() > before.number.size());
  CHECK(begin_anew(made).error().code == Code::exists);
  revoke_one(made, "station-0001");
  CheckOptions look;
  look.targets = {made.dir.string()};
  CHECK(check(look, made.clock).value().count(CheckState::broken) == 2);
}

TEST_CASE("certs/revoke: the ledger learns what an older wxsec put on the list") {
  Made made;
  revoke_one(made, "operator");
  std::filesystem::remove(made.layout.ledger());
  RevokeOptions options;
  options.dir = made.dir;
  REQUIRE(refresh_list(options, made.clock).has_value());
  lose_list(made);
  CHECK(begin_anew(made).value().restored == 1);
}

TEST_CASE("certs/revoke: with the ledger lost, too, the new list is empty, and it says so") {
  Made made;
  revoke_one(made, "operator");
  std::filesystem::remove(made.layout.ledger());
  lose_list(made);
  const auto report = begin_anew(made).value();
  CHECK(report.restored == 0);
  CHECK(report.total == 0);
}

TEST_CASE("certs/revoke: during a roll-over both authorities get their list anew") {
  Made made;
  revoke_one(made, "operator");
  RotateOptions first_step;
  first_step.dir = made.dir;
  REQUIRE(rotate(first_step, made.clock, {}).has_value());
  lose_list(made);
  CHECK(begin_anew(made).value().restored == 1);
  CHECK(read_crl_file(made.layout.crl()).value().size() == 4);
}

TEST_CASE("certs/revoke: a damaged list is begun anew from the ledger, and moved aside") {
  for (const std::string_view bad :
       {"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "garbage\n", ""}) {
    CAPTURE(bad);
    Made made;
    revoke_one(made, "operator");
    REQUIRE(core::write_file_atomic(made.layout.crl(), bad, {}));
    RevokeOptions options;
    options.dir = made.dir;
    options.name = "station-0001";
    const auto refused = revoke(options, made.clock, {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().hint.find("--begin-anew") != std::string::npos);
    CHECK(begin_anew(made).value().restored == 1);
    CHECK(core::read_file(made.layout.crl().string() + ".broken", 1000).value() == bad);
    CHECK(revoke(options, made.clock, {}).value().total == 2);
  }
}

TEST_CASE("certs/revoke: list and ledger damaged: nothing is replaced") {
  Made made;
  REQUIRE(core::write_file_atomic(made.layout.crl(), "garbage\n", {}));
  REQUIRE(core::write_file_atomic(made.layout.ledger(), "this is no database\n", {}));
  const auto refused = begin_anew(made);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().hint.find("backup") != std::string::npos);
  CHECK(core::read_file(made.layout.crl(), 1000).value() == "garbage\n");
}

TEST_CASE("certs/revoke: a damaged ledger holds up nothing") {
  Made made;
  REQUIRE(core::write_file_atomic(made.layout.ledger(), "this is no database\n", {}));
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "operator";
  Service broker;
  int told = 0;
  broker.reload = [&told]() -> core::Result<void> {
    ++told;
    return {};
  };
  options.services = {broker};
  CHECK(revoke(options, made.clock, {}).error().code == Code::malformed);
  CHECK(told == 1);
  CHECK(read_crl_file(made.layout.crl()).value().front().revoked.size() == 1);
}

TEST_CASE("certs/revoke: no renewal lets a revoked identity in again, due, forced or by name") {
  Made made;
  revoke_one(made, "operator");
  const std::string serial = leaf_of(made.layout.current("operator").cert).serial;
  const auto state_of = [&](RenewOptions options, bool ok) {
    options.dir = made.dir;
    const auto report = renew(options, made.clock, {}).value();
    CHECK(report.ok() == ok);
    CHECK_FALSE(report.failed());  // trying again would not help
    CHECK(leaf_of(made.layout.current("operator").cert).serial == serial);
    for (const RenewItem& item : report.items)
      if (item.name == "operator") return item;
    return RenewItem{};
  };
  RenewOptions forced;
  forced.force = true;
  CHECK(state_of(std::move(forced), true).state == RenewState::revoked);
  made.clock.advance(std::chrono::days(300));
  CHECK(state_of({}, true).state == RenewState::revoked);
  RenewOptions named = {};
  named.names = {"operator"};
  named.new_key = false;
  const RenewItem refused = state_of(std::move(named), false);
  CHECK(refused.state == RenewState::revoked);
  REQUIRE(refused.error.has_value());
  CHECK(refused.error->hint.find("--replace operator") != std::string::npos);
}

TEST_CASE("certs/revoke: the key of a revoked certificate is not kept by a later one") {
  Made made;
  core::Result<RenewReport> report = revoke_and_reuse_key(made);
  REQUIRE(report.has_value());
  CHECK(report->items.front().state == RenewState::failed);
  REQUIRE(report->items.front().error.has_value());
  CHECK(report->items.front().error->what.find("key was revoked") != std::string::npos);
}

TEST_CASE("certs/revoke: the request of a revoked key is not signed once more, unless accepted") {
  Made made;
  SignOptions request;
  request.dir = made.dir;
  request.csr = made.parent.path() / "request.csr";
  request.if_exists = IfExists::new_generation;
  const pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  const auto der = pki::make_csr(key, "device-7", {}).value();
  REQUIRE(core::write_file_atomic(request.csr, pki::encode_pem("CERTIFICATE REQUEST", der), {}));
  REQUIRE(sign(request, made.clock).has_value());
  CHECK(sign(request, made.clock).has_value());
  revoke_one(made, "device-7");
  const auto refused = sign(request, made.clock);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().what.find("revoked here") != std::string::npos);
  CHECK(generations_in(made.layout.identity("device-7")).size() == 2);
  request.accept_revoked_key = true;
  CHECK(sign(request, made.clock).has_value());
}

TEST_CASE("certs/revoke: a compromised key opens no door under another name either") {
  Made made;
  SignOptions request;
  request.dir = made.dir;
  request.csr = made.parent.path() / "request.csr";
  const pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  const auto der = pki::make_csr(key, "device-7", {}).value();
  REQUIRE(core::write_file_atomic(request.csr, pki::encode_pem("CERTIFICATE REQUEST", der), {}));
  REQUIRE(sign(request, made.clock).has_value());
  request.name = "device-8";
  request.out = made.parent.path() / "device-8.pem";
  const std::string other = sign(request, made.clock).value().certificate.serial;
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "device-7";
  options.reason = pki::RevocationReason::superseded;
  const auto named = revoke(options, made.clock, {}).value();
  REQUIRE(named.same_key.size() == 1);
  CHECK(named.same_key[0].name == "device-8");
  CHECK_FALSE(named.same_key[0].revoked);
  CHECK(named.total == 1);
  options.reason = pki::RevocationReason::key_compromise;
  const auto both = revoke(options, made.clock, {}).value();
  CHECK(both.serials.empty());
  REQUIRE(both.same_key.size() == 1);
  CHECK(both.same_key[0].serial == other);
  CHECK(both.same_key[0].revoked);
  CHECK(both.total == 2);
  CheckOptions look;
  look.dir = made.dir;
  look.dir_asked_for = true;
  look.targets = {request.out.string()};
  CHECK(check(look, made.clock).value().items.at(0).reason == pki::Reason::revoked);
}
