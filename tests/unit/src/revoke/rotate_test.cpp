#include "src/revoke/rotate.h"

#include <doctest/doctest.h>

#include "src/certs/crl_file.h"
#include "src/certs/generations.h"
#include "src/issue/issue.h"
#include "src/look/check.h"
#include "src/revoke/revoke.h"
#include "src/revoke/rotation_state.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

RotateReport step(const Made& made) {
  RotateOptions options;
  options.dir = made.dir;
  options.untold = true;
  const auto report = rotate(options, made.clock, {});
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().what));
  return std::move(const_cast<RotateReport&>(*report));
}

std::string issuer_of(const Made& made, std::string_view name) {
  return leaf_of(made.layout.current(name).cert).authority_key_id;
}

std::size_t roots(const Made& made) { return pki::load_certificates(made.layout.ca())->size(); }
std::size_t lists(const Made& made) { return read_crl_file(made.layout.crl())->size(); }

bool all_fine(const Made& made) {
  CheckOptions options;
  options.dir = made.dir;
  options.targets = {made.dir.string()};
  return check(options, made.clock).value().worst() == CheckState::fine;
}

}  // namespace

TEST_CASE("certs/rotate: A, A+B, B, each noted on the disk") {
  Made made;
  const std::string before = issuer_of(made, "broker");
  const RotateReport first = step(made);
  CHECK(first.trust == "A+B");
  CHECK(first.next == RotationStep::reissue);
  CHECK(roots(made) == 2);
  CHECK(lists(made) == 4);
  CHECK(issuer_of(made, "broker") == before);
  CHECK(all_fine(made));
  const RotateReport second = step(made);
  CHECK(second.trust == "A+B");
  CHECK(second.next == RotationStep::trust_new);
  REQUIRE(second.reissued.has_value());
  CHECK(second.reissued->items.size() == 5);
  const std::string after = issuer_of(made, "broker");
  CHECK(after != before);
  for (const char* name : {"api", "operator", "ingest", "station-0001"})
    CHECK(issuer_of(made, name) == after);
  CHECK(all_fine(made));
  const RotateReport third = step(made);
  CHECK(third.trust == "B");
  CHECK_FALSE(third.next.has_value());
  CHECK(third.old_keys.size() == 2);
  CHECK(roots(made) == 1);
  CHECK(lists(made) == 2);
  CHECK(all_fine(made));
  const RotateReport once_too_often = step(made);  // begins nothing
  CHECK(once_too_often.done.empty());
  CHECK(roots(made) == 1);
}

TEST_CASE("certs/rotate: the next step waits until somebody was told of the first") {
  Made made;
  RotateOptions options;
  options.dir = made.dir;
  options.automatic = true;
  CHECK(rotate(options, made.clock, {}).error().code == Code::usage);
  CHECK_FALSE(core::path_exists(rotation_file(made.layout)));
  options.automatic = false;
  const auto first = rotate(options, made.clock, {}).value();
  CHECK(first.trust == "A+B");
  CHECK_FALSE(first.told);
  for (const auto wanted : {std::optional<RotationStep>(), std::optional(RotationStep::reissue)}) {
    options.step = wanted;
    const auto refused = rotate(options, made.clock, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::usage);
    CHECK(refused.error().hint.find("--step trust-both --reload") != std::string::npos);
  }
  CHECK(load_rotation(made.layout).value()->phase == RotationPhase::published);
  // Services that are named later on are told of both first, and that counts to the end.
  int told = 0;
  Service broker;
  broker.identity = "broker";
  broker.reload = [&told] { return ++told, core::Result<void>(); };
  options.step = RotationStep::reissue;
  options.services = {broker};
  CHECK(rotate(options, made.clock, {}).value().told);
  CHECK(told >= 2);
  options.step = {};
  options.services.clear();
  options.untold = true;  // nothing runs with the API's certificate
  const auto last = rotate(options, made.clock, {}).value();
  CHECK(last.trust == "B");
  // What is trusted is read from ca.pem; and the rest is told.
  options.status_only = true;
  CHECK(rotate(options, made.clock, {}).value().trust == "B");
  options.status_only = false;
  const auto resting = rotate(options, made.clock, {}).value();
  CHECK(resting.trust == "B");
  CHECK(resting.rests_until == made.clock.now() + std::chrono::hours(1));
}

TEST_CASE("certs/rotate: the old authority stays while a server was not told of the new pair") {
  Made made;
  RotateOptions options;
  options.dir = made.dir;
  options.services.resize(1);
  options.services[0].identity = "broker";
  options.services[0].reload = [] { return core::Result<void>(); };
  CHECK(rotate(options, made.clock, {}).value().untold.empty());
  const auto second = rotate(options, made.clock, {}).value();
  CHECK(second.untold == std::vector<std::string>{"api"});
  const auto refused = rotate(options, made.clock, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().what.find("of api:") != std::string::npos);
  CHECK(refused.error().hint.find("--step reissue --reload api=pid:N") != std::string::npos);
  CHECK(roots(made) == 2);
  // Told later on, it must serve what lies in its folder.
  std::string serves = "00";
  options.step = RotationStep::reissue;
  options.verify_within = std::chrono::milliseconds(0);
  options.services.resize(2);
  options.services[1].identity = "api";
  options.services[1].served_serial = [&] { return core::Result<std::string>(serves); };
  CHECK(rotate(options, made.clock, {}).error().code == Code::tls);
  serves = leaf_of(made.layout.api().cert).serial;
  CHECK(rotate(options, made.clock, {}).value().untold.empty());
  options.step = {};
  options.services.clear();
  CHECK(rotate(options, made.clock, {}).value().trust == "B");
}

TEST_CASE("certs/rotate: a link in the place of ca.pem or crl.pem is refused before it begins") {
  for (const char* name : {"ca.pem", "crl.pem"}) {
    Made made;
    const core::Path elsewhere = made.parent.path() / "trust.pem";
    std::filesystem::rename(made.dir / name, elsewhere);
    std::filesystem::create_symlink(elsewhere, made.dir / name);
    RotateOptions options;
    options.dir = made.dir;
    const auto refused = rotate(options, made.clock, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unsupported);
    CHECK(refused.error().what.find(name) != std::string::npos);
    CHECK(std::filesystem::is_symlink(made.dir / name));
    CHECK_FALSE(core::path_exists(rotation_file(made.layout)));
    CHECK(generations_in(made.layout.identity("root")).size() == 1);
    const std::string remedy = refused.error().hint.substr(refused.error().hint.find(": ") + 2);
    REQUIRE(std::system(remedy.c_str()) == 0);
    CHECK(rotate(options, made.clock, {}).has_value());
    CHECK(std::filesystem::equivalent(elsewhere, made.dir / name));  // readers get the new one
  }
}

TEST_CASE("certs/rotate: a roll-over can be followed by another one") {
  Made made;
  RotateOptions options;
  options.dir = made.dir;
  options.automatic = true;
  options.untold = true;
  CHECK(rotate(options, made.clock, {}).value().trust == "B");
  const std::string middle = issuer_of(made, "broker");
  made.clock.advance(std::chrono::hours(2));
  CHECK(rotate(options, made.clock, {}).value().trust == "B");
  CHECK(issuer_of(made, "broker") != middle);
  CHECK(roots(made) == 1);
  CHECK(all_fine(made));
}

TEST_CASE("certs/rotate: steps out of turn are refused, the last one may be repeated") {
  Made made;
  RotateOptions options;
  options.dir = made.dir;
  options.step = RotationStep::trust_new;
  CHECK(rotate(options, made.clock, {}).error().code == Code::usage);
  CHECK_FALSE(core::path_exists(rotation_file(made.layout)));
  step(made);
  CHECK(rotate(options, made.clock, {}).error().code == Code::usage);
  options.step = RotationStep::trust_both;
  CHECK(rotate(options, made.clock, {}).has_value());
  CHECK(roots(made) == 2);
  CHECK(lists(made) == 4);
}

TEST_CASE("certs/rotate: in between, issue is by who signs, and revoke finds both lists") {
  Made made;
  step(made);
  step(made);
  IssueOptions more;
  more.dir = made.dir;
  more.name = "late";
  REQUIRE(issue(more, made.clock).has_value());
  CHECK(issuer_of(made, "late") == issuer_of(made, "broker"));
  RevokeOptions revocation;
  revocation.dir = made.dir;
  revocation.name = "station-0001";  // one generation of A, one of B
  const auto report = revoke(revocation, made.clock, {}).value();
  CHECK(report.serials.size() == 2);
  CHECK(report.total == 2);
  std::size_t with_one = 0;
  const auto lists = read_crl_file(made.layout.crl());
  REQUIRE(lists);
  for (const pki::Crl& list : *lists) with_one += list.revoked.size();
  CHECK(with_one == 2);
  const auto twice = revoke(revocation, made.clock, {}).value();
  CHECK(twice.already == 2);
}

TEST_CASE(
    "certs/rotate: an authority of a run that failed at its beginning is removed by the next") {
  Made made;
  for (const char* name : {"root", "issuing"}) {
    const core::Path folder = made.layout.identity(name);
    std::filesystem::copy(folder / "0001", folder / "0002",
                          std::filesystem::copy_options::recursive);
  }
  // A copy of the one in ca.pem looks as if it were trusted: nothing is touched.
  CHECK(step(made).trust == "A+B");
  CHECK(core::path_exists(made.layout.identity("root") / "0002"));
  Made other;
  const core::Path unused = other.layout.identity("root") / "0002";
  REQUIRE(core::make_directories(unused, 0700));
  REQUIRE(core::write_file_atomic(unused / "privkey.pem", "half", {}));
  const RotateReport report = step(other);
  CHECK(report.trust == "A+B");
  CHECK(leaf_of(files_in(unused).cert).common_name != report.old_root);
}

TEST_CASE("certs/rotate: a state file that is none is told, and nothing is done") {
  Made made;
  step(made);
  for (const char* text :
       {"", "{}", "{\"phase\":\"published\"}",
        "{\"phase\":\"published\",\"since\":\"2026-01-01T00:00:00Z\",\"old_root\":\"../..\","
        "\"old_issuing\":\"0001\",\"new_root\":\"0002\",\"new_issuing\":\"0002\"}"}) {
    REQUIRE(core::write_file_atomic(rotation_file(made.layout), text, {}).has_value());
    RotateOptions options;
    options.dir = made.dir;
    CHECK(rotate(options, made.clock, {}).error().code == Code::malformed);
  }
  CHECK(all_fine(made));
}

TEST_CASE("certs/rotate: a service that does not follow keeps the step open [slow]") {
  Made made;
  RotateOptions options;
  options.dir = made.dir;
  Service deaf;
  deaf.identity = "broker";
  deaf.description = "the hook";
  deaf.reload = [] { return core::Result<void>(core::fail(Code::child_failed, "exit 1")); };
  options.services = {deaf};
  CHECK(rotate(options, made.clock, {}).error().code == Code::child_failed);
  CHECK(load_rotation(made.layout).value()->phase == RotationPhase::publishing);
  options.services.clear();
  CHECK(rotate(options, made.clock, {}).value().trust == "A+B");
  CHECK(roots(made) == 2);
}

TEST_CASE(
    "certs/rotate: with encrypted keys both are encrypted, without the passphrase nothing is made "
    "[slow]") {
  FastDirectory parent;
  core::FixedClock clock = clock_at(kStart);
  InitOptions init_options;
  init_options.dir = parent.path() / "certs";
  init_options.stations = 0;
  init_options.ca_passphrase.secret = core::Secret("correct horse");
  REQUIRE(init(init_options, clock).has_value());
  const Layout layout(init_options.dir);
  RotateOptions options;
  options.dir = init_options.dir;
  options.automatic = true;
  options.untold = true;
  const auto refused = rotate(options, clock, {});
  CHECK(refused.error().code == Code::crypto);
  CHECK(refused.error().hint.find("--ca-passphrase-file") != std::string::npos);
  CHECK(generations_in(layout.identity("root")).size() == 1);
  options.ca_passphrase.secret = core::Secret("correct horse");
  CHECK(rotate(options, clock, {}).value().trust == "B");
  for (const auto& key : {layout.root().key, layout.issuing().key})
    CHECK(core::read_file(key, 10'000).value().find("ENCRYPTED") != std::string::npos);
}

TEST_CASE(
    "certs/rotate: an offline root is not needed for the day's work, and is made anew by a "
    "roll-over") {
  Made made;
  const core::Path key = made.layout.root().key;
  std::filesystem::rename(key, made.parent.path() / "root-key.pem");
  RenewOptions renewal;
  renewal.dir = made.dir;
  renewal.force = true;
  CHECK(renew(renewal, made.clock, {}).value().ok());
  RevokeOptions revocation;
  revocation.dir = made.dir;
  revocation.name = "operator";
  CHECK(revoke(revocation, made.clock, {}).has_value());
  CHECK(refresh_list(revocation, made.clock).has_value());
  step(made);
  const auto state = load_rotation(made.layout).value().value();
  std::filesystem::remove(files_in(made.layout.identity("root") / state.new_root).key);
  step(made);
  step(made);
  CHECK(roots(made) == 1);
}

TEST_CASE("certs/rotate: who was revoked does not move, and holds nothing up") {
  Made made;
  RevokeOptions options;
  options.dir = made.dir;
  options.name = "operator";
  REQUIRE(revoke(options, made.clock, {}).has_value());
  std::filesystem::remove(made.layout.current("operator").key);  // as a device that keeps its own
  const std::string before = issuer_of(made, "operator");
  step(made);
  const RotateReport second = step(made);
  CHECK(second.revoked == std::vector<std::string>{"operator"});
  CHECK(second.reissued.value().items.size() == 4);
  CHECK(issuer_of(made, "operator") == before);
  const RotateReport third = step(made);
  CHECK(third.trust == "B");
  CHECK(third.revoked == std::vector<std::string>{"operator"});
  // The list that named it is gone; the ledger remembers.
  RenewOptions renewal;
  renewal.dir = made.dir;
  renewal.force = true;
  const auto report = renew(renewal, made.clock, {}).value();
  CHECK(report.ok());
  CHECK(issuer_of(made, "operator") == before);
}
