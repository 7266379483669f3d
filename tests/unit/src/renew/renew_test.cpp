#include "src/renew/renew.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/pki/key.h"
#include "src/certs/crl_file.h"
#include "src/certs/generations.h"
#include "src/issue/issue.h"
#include "src/renew/rollback.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;
using std::chrono::days;
using std::chrono::hours;

namespace {

RenewOptions options_for(const Made& made) {
  RenewOptions options;
  options.dir = made.dir;
  options.verify_within = std::chrono::milliseconds(0);
  return options;
}

RenewReport run(const RenewOptions& options, const core::Clock& clock) {
  const auto report = renew(options, clock, {});
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().what));
  return std::move(const_cast<RenewReport&>(*report));
}

std::string current_serial(const Made& made, std::string_view name) {
  return leaf_of(made.layout.current(name).cert).serial;
}

uid_t owner_of(const core::Path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_uid;
}

// A service that reads the current certificate when it is reloaded, as Mosquitto does.
struct FakeBroker {
  const Made& made;
  int reloads = 0;
  bool deaf = false;  // reloads without effect
  std::string serves;

  explicit FakeBroker(const Made& m) : made(m), serves(current_serial(m, "broker")) {}
  Service service() {
    Service out;
    out.identity = "broker";
    out.description = "the fake broker";
    out.reload = [this]() -> core::Result<void> {
      ++reloads;
      if (!deaf) serves = current_serial(made, "broker");
      return {};
    };
    out.served_serial = [this]() -> core::Result<std::string> { return serves; };
    return out;
  }
};

}  // namespace

TEST_CASE("certs/renew: nothing is due at first, and nothing is touched") {
  Made made;
  const auto report = run(options_for(made), made.clock);
  CHECK(report.ok());
  CHECK(report.items.size() == 5);
  for (const RenewItem& item : report.items) CHECK(item.state == RenewState::not_due);
  CHECK(generations_in(made.layout.identity("broker")).size() == 1);
}

TEST_CASE("certs/renew: due with a third left, renewed once, not due again") {
  Made made;
  made.clock.set(at("2026-03-01T00:00:00Z"));  // 59 of 90 days are over
  CHECK(run(options_for(made), made.clock).items[0].state == RenewState::not_due);
  made.clock.set(at("2026-03-03T00:00:00Z"));
  const std::string before = current_serial(made, "broker");
  const auto report = run(options_for(made), made.clock);
  CHECK(report.items[0].state == RenewState::renewed);
  CHECK(report.items[0].old_serial == before);
  CHECK(report.items[0].new_serial == current_serial(made, "broker"));
  CHECK(report.items[0].new_serial != before);
  CHECK(report.items[4].name == "station-0001");
  CHECK(report.items[4].state == RenewState::not_due);
  CHECK(run(options_for(made), made.clock).items[0].state == RenewState::not_due);
}

TEST_CASE("certs/renew: the successor is for the same names, purpose and lifetime") {
  Made made;
  for (const auto lifetime :
       {std::chrono::milliseconds(hours(1)), std::chrono::milliseconds(hours(24)),
        std::chrono::milliseconds(days(6)), std::chrono::milliseconds(days(45)),
        std::chrono::milliseconds(days(398)), std::chrono::milliseconds(10'000)}) {
    IssueOptions issue_options;
    issue_options.dir = made.dir;
    issue_options.name = "web-" + std::to_string(lifetime.count());
    issue_options.profile = "both";
    issue_options.lifetime = lifetime;
    issue_options.key = pki::KeyType::p384;
    const auto first = issue(issue_options, made.clock).value().certificate;
    RenewOptions options = options_for(made);
    options.names = {issue_options.name};
    options.force = true;
    for (int i = 0; i < 3; ++i) CHECK(run(options, made.clock).ok());
    const auto last = leaf_of(made.layout.current(issue_options.name).cert);
    CHECK(pki::lifetime(last) == pki::lifetime(first));
    CHECK(last.names == first.names);
    CHECK(last.common_name == first.common_name);
    CHECK(last.extended_key_usage == first.extended_key_usage);
    CHECK(last.key_kind == pki::KeyKind::ec_p384);
    CHECK(last.public_key_sha256 != first.public_key_sha256);
  }
}

TEST_CASE("certs/renew: no successor of no time at all") {
  Made made;
  RenewOptions options = options_for(made);
  options.force = true;
  options.lifetime = std::chrono::milliseconds(0);
  CHECK(renew(options, made.clock, {}).error().code == core::Code::usage);
  CHECK(generations_in(made.layout.identity("broker")).size() == 1);
}

TEST_CASE("certs/renew: who is named twice is renewed once") {
  Made made;
  RenewOptions options = options_for(made);
  options.names = {"broker", "api", "broker"};
  options.force = true;
  CHECK(run(options, made.clock).items.size() == 2);
  CHECK(generations_in(made.layout.identity("broker")).size() == 2);
}

TEST_CASE("certs/renew: a kept key keeps the pin") {
  Made made;
  const auto before = leaf_of(made.layout.broker().cert);
  RenewOptions options = options_for(made);
  options.names = {"broker"};
  options.force = true;
  options.new_key = false;
  CHECK(run(options, made.clock).ok());
  const auto after = leaf_of(made.layout.broker().cert);
  CHECK(after.public_key_sha256 == before.public_key_sha256);
  CHECK(after.serial != before.serial);
}

TEST_CASE("certs/renew: a service that serves the new serial proves the renewal") {
  Made made;
  FakeBroker broker(made);
  RenewOptions options = options_for(made);
  options.names = {"broker"};
  options.force = true;
  options.services = {broker.service()};
  std::string steps;
  options.on_step = [&](std::string_view, DeployStep step, std::string_view) {
    steps += std::string(deploy_step_text(step)) + " ";
  };
  const auto report = run(options, made.clock);
  CHECK(report.ok());
  CHECK(steps == "issued checked swapped reloaded verified ");
  CHECK(broker.reloads == 1);
  CHECK(broker.serves == report.items[0].new_serial);
}

TEST_CASE("certs/renew: a service that goes on serving the old one rolls the renewal back") {
  Made made;
  FakeBroker broker(made);
  broker.deaf = true;
  const std::string before = current_serial(made, "broker");
  RenewOptions options = options_for(made);
  options.names = {"broker", "api"};
  options.force = true;
  options.services = {broker.service()};
  const auto report = run(options, made.clock);
  CHECK_FALSE(report.ok());
  CHECK(report.items[0].state == RenewState::rolled_back);
  REQUIRE(report.items[0].error.has_value());
  CHECK(report.items[0].error->what.find("still serves " + before) != std::string::npos);
  CHECK(current_serial(made, "broker") == before);
  CHECK(pki::Key::load(made.layout.broker().key, {})
            .value()
            .matches(leaf_of(made.layout.broker().cert)));
  CHECK(broker.reloads == 2);
  CHECK(report.items[1].state == RenewState::renewed);  // one that fails does not stop the others
}

TEST_CASE("certs/renew: a reload that fails rolls back, and says which and why") {
  Made made;
  const std::string before = current_serial(made, "api");
  RenewOptions options = options_for(made);
  options.names = {"api"};
  options.force = true;
  Service hook;
  hook.identity = "api";
  hook.description = "the hook";
  hook.reload = [] { return core::Result<void>(core::fail(Code::child_failed, "exit 1")); };
  options.services = {hook};
  const auto report = run(options, made.clock);
  CHECK(report.items[0].state == RenewState::rolled_back);
  CHECK(report.items[0].error->what.starts_with("the hook: exit 1"));
  CHECK(current_serial(made, "api") == before);
}

TEST_CASE("certs/renew: a dry run touches nothing and asks nobody") {
  Made made;
  FakeBroker broker(made);
  RenewOptions options = options_for(made);
  options.force = true;
  options.dry_run = true;
  options.services = {broker.service()};
  const auto report = run(options, made.clock);
  for (const RenewItem& item : report.items) CHECK(item.state == RenewState::would_renew);
  CHECK(broker.reloads == 0);
  CHECK(generations_in(made.layout.identity("broker")).size() == 1);
}

TEST_CASE("certs/renew: the key's mode and group survive") {
  Made made;
  ::chmod(made.layout.broker().key.c_str(), 0640);
  RenewOptions options = options_for(made);
  options.names = {"broker", "api"};
  options.force = true;
  const mode_t before = ::umask(0);
  CHECK(run(options, made.clock).ok());
  ::umask(before);
  CHECK(mode_of(made.layout.broker().key) == 0640);
  CHECK(mode_of(made.layout.api().key) == 0600);
}

TEST_CASE("certs/renew: a service's own key stays its own when root renews it") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root gives files away");
    return;
  }
  constexpr uid_t kService = 12345;
  Made made;
  REQUIRE(::chown(made.layout.broker().key.c_str(), kService, static_cast<gid_t>(-1)) == 0);
  RenewOptions options = options_for(made);
  options.names = {"broker", "api"};
  options.force = true;
  CHECK(run(options, made.clock).ok());
  CHECK(owner_of(made.layout.broker().key) == kService);
  CHECK(mode_of(made.layout.broker().key) == 0600);
  CHECK(owner_of(made.layout.api().key) == ::geteuid());
}

TEST_CASE("certs/renew: names that are not there, authorities and strangers are refused") {
  Made made;
  RenewOptions options = options_for(made);
  options.names = {"nobody"};
  CHECK(renew(options, made.clock, {}).error().code == Code::usage);
  options.names = {"root"};
  CHECK(renew(options, made.clock, {}).error().code == Code::usage);
  options.dir = made.dir / "nothing";
  CHECK(renew(options, made.clock, {}).error().code == Code::not_found);
  CHECK_FALSE(core::path_exists(options.dir));
  IssueOptions stranger;
  stranger.dir = made.dir;
  stranger.name = "stranger";
  stranger.fault = Fault::other_ca;
  stranger.out = made.dir / "stranger";
  REQUIRE(issue(stranger, made.clock).has_value());
  options = options_for(made);
  options.names = {"stranger"};
  options.force = true;
  const auto report = run(options, made.clock);
  CHECK(report.items[0].state == RenewState::failed);
  CHECK(report.items[0].error->code == Code::unsupported);
}

TEST_CASE("certs/renew: the revocation list is renewed before it runs out") {
  Made made;
  made.clock.set(at("2026-03-10T00:00:00Z"));
  const auto report = run(options_for(made), made.clock);
  CHECK(report.crl_refreshed);
  const auto lists = read_crl_file(made.layout.crl()).value();
  REQUIRE(lists.size() == 2);  // the root's stays
  CHECK(lists[0].number == "02");
  CHECK(*lists[0].next_update > at("2026-06-01T00:00:00Z"));
  CHECK_FALSE(run(options_for(made), made.clock).crl_refreshed);
}

TEST_CASE("certs/renew: a new list is told to all, and again until all have heard of it") {
  Made made;
  made.clock.set(at("2026-03-10T00:00:00Z"));
  REQUIRE(run(options_for(made), made.clock).crl_refreshed);  // nobody to tell, and no noise
  CHECK_FALSE(run(options_for(made), made.clock).crl_error);
  bool deaf = true;
  int first_told = 0;
  int second_told = 0;
  RenewOptions options = options_for(made);
  options.services.resize(3);
  for (Service& service : options.services) service.identity = "broker";
  options.services[0].description = "the first";
  options.services[0].reload = [&]() -> core::Result<void> {
    ++first_told;
    if (deaf) return core::fail(Code::child_failed, "exit 1");
    return {};
  };
  options.services[1].description = "the second";
  options.services[1].reload = [&]() -> core::Result<void> {
    return ++second_told, core::Result<void>();
  };
  const Service second = options.services[1];
  const auto failed = run(options, made.clock);  // the list is not due any more
  CHECK_FALSE(failed.ok());
  REQUIRE(failed.crl_error);
  CHECK(failed.crl_error->what.find("the first: exit 1") != std::string::npos);
  CHECK(second_told == 1);
  options.services.erase(options.services.begin(), options.services.begin() + 2);
  CHECK(run(options, made.clock).ok());  // one that cannot be told changes nothing
  options.services.assign({second});
  CHECK_FALSE(run(options, made.clock).crl_told_again);  // it was told, and is left in peace
  options.services.push_back(second);
  deaf = false;
  options.services[0].description = "the first";
  options.services[0].reload = [&]() -> core::Result<void> {
    return ++first_told, core::Result<void>();
  };
  CHECK(run(options, made.clock).crl_told_again);
  CHECK(first_told == 2);
  CHECK_FALSE(run(options, made.clock).crl_told_again);
  CHECK(first_told == 2);
  CHECK(second_told == 1);
}

TEST_CASE("certs/renew: going back tells every service, whatever the others answer") {
  Made made;
  std::vector<std::string> log;
  RenewOptions options = options_for(made);
  options.names = {"broker"};
  options.force = true;
  options.services.resize(2);
  int calls = 0;
  const auto note = [&](std::string who) {
    log.push_back(std::move(who) + " " +
                  resolve_current(made.layout.identity("broker")).value().filename().string());
  };
  options.services[0].reload = [&]() -> core::Result<void> {
    note("s1");
    if (++calls == 2) return core::fail(Code::child_failed, "exit 1");
    return {};
  };
  options.services[1].reload = [&]() -> core::Result<void> {
    return note("s2"), core::Result<void>();
  };
  options.services[1].served_serial = []() -> core::Result<std::string> {
    return std::string("00");
  };
  for (Service& service : options.services) service.identity = "broker";
  CHECK_FALSE(run(options, made.clock).ok());
  CHECK(log == std::vector<std::string>{"s1 0002", "s2 0002", "s1 0001", "s2 0001"});
}

TEST_CASE("certs/renew: what was rolled back is no backup and drives none out") {
  Made made;
  FakeBroker broker(made);
  RenewOptions options = options_for(made);
  options.names = {"broker"};
  options.force = true;
  options.services = {broker.service()};
  const core::Path folder = made.layout.identity("broker");
  CHECK(run(options, made.clock).ok());
  const std::string good = current_serial(made, "broker");
  broker.deaf = true;
  for (int i = 0; i < 7; ++i) CHECK_FALSE(run(options, made.clock).ok());
  CHECK(current_serial(made, "broker") == good);
  // Of the failed ones the last is left to be looked at; both good ones are there.
  CHECK(generations_in(folder) == std::vector<std::string>{"0001", "0002", "0009"});
  CHECK(rolled_back(folder / "0009") == RolledBack::by_failure);
  CHECK(rollback(made.dir, "broker", "0009", made.clock.now()).error().code == Code::usage);
  broker.deaf = false;
  CHECK(run(options, made.clock).ok());
  CHECK(generations_in(folder) == std::vector<std::string>{"0001", "0002", "0010"});
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0002");
  CHECK(current_serial(made, "broker") == good);
}

TEST_CASE("certs/renew: a rollback does not lead back to what somebody rolled back before") {
  Made made;
  RenewOptions options = options_for(made);
  options.names = {"broker"};
  options.force = true;
  for (int i = 0; i < 2; ++i) CHECK(run(options, made.clock).ok());
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0002");
  CHECK(run(options, made.clock).ok());
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0002");
  CHECK(rollback(made.dir, "broker", "0004", made.clock.now()).value() ==
        "0004");  // by its name it is in use again
  CHECK_FALSE(rolled_back(made.layout.identity("broker") / "0004"));
}

TEST_CASE("certs/renew: only the last generations are kept, and rollback goes back one") {
  Made made;
  RenewOptions options = options_for(made);
  options.names = {"broker"};
  options.force = true;
  for (int i = 0; i < 7; ++i) CHECK(run(options, made.clock).ok());
  const core::Path folder = made.layout.identity("broker");
  CHECK(generations_in(folder) == std::vector<std::string>{"0004", "0005", "0006", "0007", "0008"});
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).value() == "0007");
  CHECK(resolve_current(folder).value().filename() == "0007");
  CHECK(rollback(made.dir, "broker", "0005", made.clock.now()).value() == "0005");
  CHECK(rollback(made.dir, "broker", "0001", made.clock.now()).error().code == Code::not_found);
  CHECK(rollback(made.dir, "broker", "0004", made.clock.now()).value() == "0004");
  CHECK(rollback(made.dir, "broker", "", made.clock.now()).error().code == Code::not_found);
  std::filesystem::copy_file(folder / "0005" / "privkey.pem", folder / "0006" / "privkey.pem",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(rollback(made.dir, "broker", "0006", made.clock.now()).error().code == Code::crypto);
}

TEST_CASE("certs/renew: a service of an identity that is not there is a slip of the pen") {
  Made made;
  RenewOptions options = options_for(made);
  options.force = true;
  FakeBroker broker(made);
  options.services = {broker.service()};
  options.services[0].identity = "brokr";
  const auto refused = renew(options, made.clock, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().what.find("'brokr'") != std::string::npos);
  CHECK(generations_in(made.layout.identity("broker")).size() == 1);
}

TEST_CASE(
    "certs/renew: what others renew is told when it is due, with the command, and is not fine") {
  Made made;
  FastDirectory other;
  InitOptions foreign;
  foreign.dir = other.path() / "certs";
  foreign.stations = 0;
  REQUIRE(init(foreign, made.clock).has_value());
  std::filesystem::copy(
      foreign.dir / "broker", made.dir / "web.wx.test",
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  const core::Path folder = made.dir / "web.wx.test";
  const auto look = [&] {
    const auto report = run(options_for(made), made.clock);
    CHECK(report.failed() == false);
    for (const RenewItem& item : report.items)
      if (item.name == "web.wx.test") return std::pair(report.ok(), item);
    return std::pair(report.ok(), RenewItem{});
  };
  CHECK(look().first);
  made.clock.set(at("2026-03-10T00:00:00Z"));
  REQUIRE(core::write_file_atomic(folder / "acme.json", "{}", {}));
  const auto [ok, item] = look();
  CHECK_FALSE(ok);
  CHECK(item.state == RenewState::foreign);
  REQUIRE(item.error.has_value());
  CHECK(item.error->hint.find("wxsec certs acme renew --dir") != std::string::npos);
  made.clock.set(at("2026-04-10T00:00:00Z"));
  CHECK(look().second.error->what.find("expired at") != std::string::npos);
}

namespace {

RenewItem dry_run_of(const Made& made, const std::string& name) {
  RenewOptions options = options_for(made);
  options.dry_run = true;
  options.names = {name};
  const auto report = run(options, made.clock);
  CHECK_FALSE(report.ok());
  return report.items.at(0);
}

void expect_failure(const RenewItem& item, std::string_view what, std::string_view hint) {
  CHECK(item.state == RenewState::failed);
  REQUIRE(item.error.has_value());
  CHECK_MESSAGE(item.error->what.find(what) != std::string::npos, item.error->what);
  CHECK_MESSAGE(item.error->hint.find(hint) != std::string::npos, item.error->hint);
}

}  // namespace

TEST_CASE("certs/renew: a dry run knows what cannot be renewed, and why") {
  Made made;
  made.clock.advance(days(360));
  REQUIRE(std::filesystem::remove(made.layout.api().key));
  expect_failure(dry_run_of(made, "api"), "is gone", "issue --dir");
  REQUIRE(core::write_file_atomic(request_in(made.layout.api().cert.parent_path()), "x", {}));
  expect_failure(dry_run_of(made, "api"), "signing request", "sign --dir");
  REQUIRE(std::filesystem::remove(made.layout.issuing().key));
  expect_failure(dry_run_of(made, "broker"), "privkey.pem", "");
}

TEST_CASE("certs/renew: a dry run knows a leaf that ends with its authority, and a stranger") {
  InitOptions init_options;
  init_options.stations = 0;
  init_options.ca_lifetime = days(60);
  Made made(std::move(init_options));
  made.clock.advance(days(50));
  expect_failure(dry_run_of(made, "broker"), "last longer", "rotate-ca");
  Made other;
  other.clock.advance(days(360));
  const core::Path copy = made.layout.dir() / "copied";
  std::filesystem::copy(
      other.layout.identity("broker"), copy,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  made.clock.advance(days(300));
  expect_failure(dry_run_of(made, "copied"), "not issued by", "import");
}

TEST_CASE("certs/renew: what root makes in another one's directory is his") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root gives files away");
    return;
  }
  constexpr uid_t kOther = 12345;
  Made made;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(made.parent.path()))
    REQUIRE(::lchown(entry.path().c_str(), kOther, kOther) == 0);
  std::filesystem::remove(made.dir / ".lock");
  std::filesystem::remove(made.layout.ledger());
  RenewOptions options = options_for(made);
  options.names = {"broker"};
  options.force = true;
  CHECK(run(options, made.clock).ok());
  IssueOptions fresh;
  fresh.dir = made.dir;
  fresh.name = "fresh";
  REQUIRE(issue(fresh, made.clock).has_value());
  const auto lists = read_crl_file(made.layout.crl()).value();
  REQUIRE(write_crl_file(made.layout.crl(), lists));
  for (const core::Path& top : {made.layout.identity("broker"), made.layout.identity("fresh")}) {
    CHECK(owner_of(top) == kOther);
    for (const std::string& generation : generations_in(top)) {
      CHECK(owner_of(top / generation) == kOther);
      for (const auto& file : std::filesystem::directory_iterator(top / generation))
        CHECK_MESSAGE(owner_of(file.path()) == kOther, file.path().string());
    }
  }
  CHECK(owner_of(made.dir / ".lock") == kOther);
  CHECK(owner_of(made.layout.ledger()) == kOther);
  CHECK(owner_of(made.layout.crl()) == kOther);
}
