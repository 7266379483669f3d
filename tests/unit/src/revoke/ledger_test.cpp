#include "src/certs/ledger.h"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "src/certs/generations.h"
#include "src/issue/issue.h"
#include "src/look/check.h"
#include "src/look/list.h"
#include "src/renew/renew.h"
#include "src/revoke/rotate.h"
#include "tests/support/fast_directory.h"
#include "tests/support/roll_over.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

namespace {

// Names of those whose certificate, of any generation, is not in the ledger.
std::vector<std::string> unrecorded(const Made& made) {
  Ledger ledger = Ledger::open_to_read(made.layout).value();
  std::vector<std::string> found;
  const auto names = made.layout.identities().value();
  for (const std::string& name : names) {
    const core::Path folder = made.layout.identity(name);
    for (const std::string& generation : generations_in(folder)) {
      const auto row = ledger.find(leaf_of(files_in(folder / generation).cert).serial).value();
      if (!row || row->name != name || row->generation != generation) found.push_back(name);
    }
  }
  return found;
}

ListReport listed(const Made& made) {
  ListOptions options;
  options.dir = made.dir;
  return list_identities(options, made.clock).value();
}

std::size_t unrecorded(const ListReport& report) {
  return static_cast<std::size_t>(
      std::count_if(report.identities.begin(), report.identities.end(),
                    [](const ListedIdentity& one) { return !one.recorded; }));
}

std::string profile_of(const ListReport& report, std::string_view name) {
  for (const ListedIdentity& one : report.identities)
    if (one.name == name) return one.profile;
  return "not listed";
}

RenewReport renew_all(const Made& made) {
  RenewOptions options;
  options.dir = made.dir;
  options.force = true;
  Service service;
  service.identity = "broker";
  service.reload = []() -> core::Result<void> { return {}; };
  options.services = {service};
  return renew(options, made.clock, {}).value();
}

void damage_ledger(const Made& made) {
  REQUIRE(core::write_file_atomic(made.layout.ledger(), "this is no database\n", {}));
}

std::string serial_in_use(const Made& made, std::string_view name) {
  return leaf_of(made.layout.current(name).cert).serial;
}

}  // namespace

TEST_CASE("certs/ledger: init records everything that it makes, its authorities too") {
  Made made;
  CHECK(unrecorded(made).empty());
  const ListReport report = listed(made);
  CHECK(unrecorded(report) == 0);
  CHECK(report.missing.empty());
  CHECK(profile_of(report, "root") == "root");
  CHECK(profile_of(report, "issuing") == "issuing");
  CHECK(profile_of(report, "broker") == "server");
  CHECK(profile_of(report, "operator") == "client");
  CHECK(profile_of(report, "station-0001") == "station");
}

TEST_CASE("certs/ledger: init that finds everything records nothing") {
  Made made;
  std::filesystem::remove(made.layout.ledger());
  InitOptions options;
  options.dir = made.dir;
  options.stations = 1;
  REQUIRE(init(options, made.clock).has_value());
  CHECK_FALSE(core::path_exists(made.layout.ledger()));
}

TEST_CASE("certs/ledger: a renewal is recorded under the profile that the name had") {
  Made made;
  IssueOptions brief;
  brief.dir = made.dir;
  brief.name = "visitor";
  brief.profile = "short-lived";
  REQUIRE(issue(brief, made.clock).has_value());
  made.clock.advance(std::chrono::hours(1));
  REQUIRE(renew_all(made).ok());
  CHECK(unrecorded(made).empty());
  const ListReport report = listed(made);
  CHECK(unrecorded(report) == 0);
  CHECK(report.missing.empty());
  CHECK(profile_of(report, "visitor") == "short-lived");
  CHECK(profile_of(report, "broker") == "server");
  CHECK(profile_of(report, "station-0001") == "station");
}

TEST_CASE("certs/ledger: what cannot be recorded is not put in use") {
  Made made;
  const std::string broker = serial_in_use(made, "broker");
  const std::string station = serial_in_use(made, "station-0001");
  damage_ledger(made);
  const RenewReport report = renew_all(made);
  CHECK_FALSE(report.ok());
  for (const RenewItem& item : report.items) {
    REQUIRE(item.error.has_value());
    CHECK(item.error->what.find("ledger") != std::string::npos);
  }
  CHECK(serial_in_use(made, "broker") == broker);
  CHECK(serial_in_use(made, "station-0001") == station);
  FastDirectory other;
  InitOptions options;
  options.dir = other.path();
  REQUIRE(core::write_file_atomic(other.path() / "ledger.db", "this is no database\n", {}));
  CHECK(init(options, made.clock).error().code == core::Code::malformed);
  CHECK_FALSE(resolve_current(other.path() / "root").has_value());
}

TEST_CASE(
    "certs/ledger: a link on the way to the directory is followed, one in the ledger's place not") {
  Made made;
  const core::Path link = made.parent.path() / "link";
  std::filesystem::create_directory_symlink(made.parent.path(), link);
  CHECK(Ledger::open_to_read(Layout(link / "certs")).has_value());
  const core::Path away = made.parent.path() / "elsewhere.db";
  std::filesystem::rename(made.layout.ledger(), away);
  std::filesystem::create_symlink(away, made.layout.ledger());
  CHECK_FALSE(Ledger::open(made.layout).has_value());
}

TEST_CASE("certs/ledger: a roll-over records the new authority and all that it signs") {
  Made made;
  RotateOptions options = untold_roll_over(made);
  options.automatic = true;
  REQUIRE(rotate(options, made.clock, {}).has_value());
  CHECK(unrecorded(made).empty());
  CHECK(unrecorded(listed(made)) == 0);
}

TEST_CASE("certs/ledger: a directory of an older wxsec is not called faulty, and fills up") {
  Made made;
  std::filesystem::remove(made.layout.ledger());
  CheckOptions look;
  look.targets = {made.dir.string()};
  CHECK(check(look, made.clock).value().worst() == CheckState::fine);
  CHECK_FALSE(listed(made).has_ledger);
  CHECK(listed(made).missing.empty());
  made.clock.advance(std::chrono::hours(1));
  REQUIRE(renew_all(made).ok());
  const ListReport report = listed(made);
  CHECK(unrecorded(report) == 2);  // the two authorities, which nobody renewed
  CHECK(report.missing.empty());
  CHECK(profile_of(report, "broker") == "server");
  CHECK(profile_of(report, "ingest") == "client");
  CHECK(profile_of(report, "station-0001") == "station");
  CHECK(check(look, made.clock).value().worst() == CheckState::fine);
}

TEST_CASE("certs/list: what lies among the wrong ones, or was handed out, is not missing") {
  Made made;
  IssueOptions wrong;
  wrong.dir = made.dir;
  wrong.name = "yesterday";
  wrong.profile = "expired";
  REQUIRE(issue(wrong, made.clock).has_value());
  LedgerRow handed_out;
  handed_out.serial = "4711";
  handed_out.name = "device-7";
  REQUIRE(record_issued(made.layout, {&handed_out, 1}));
  CHECK(listed(made).missing.empty());
  std::filesystem::remove_all(made.layout.wrong("yesterday"));
  CHECK(listed(made).missing == std::vector<std::string>{"yesterday"});
}

TEST_CASE("certs/ledger: one of version 1 is read as it is, and brought up to date when written") {
  Made made;
  std::filesystem::remove(made.layout.ledger());
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(made.layout.ledger().c_str(), &db) == SQLITE_OK);
  REQUIRE(
      sqlite3_exec(db,
                   "CREATE TABLE issued (serial TEXT PRIMARY KEY, name TEXT NOT NULL,"
                   " profile TEXT NOT NULL, generation TEXT NOT NULL,"
                   " issuer_key_id TEXT NOT NULL, public_key TEXT NOT NULL,"
                   " not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,"
                   " issued INTEGER NOT NULL) WITHOUT ROWID;"
                   "INSERT INTO issued VALUES ('47', 'old', 'station', '0001', 'a', 'b', 1, 2, 3);"
                   "PRAGMA user_version = 1;",
                   nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  CHECK(Ledger::open_to_read(made.layout).value().revoked_by("a").value().empty());
  CHECK(Ledger::open_to_read(made.layout).value().find("47").value()->name == "old");
  const pki::Revoked entry{"47", at(kStart), pki::RevocationReason::superseded};
  REQUIRE(Ledger::open(made.layout).value().note_revoked("a", {&entry, 1}));
  Ledger now = Ledger::open_to_read(made.layout).value();
  CHECK(now.find("47").value()->name == "old");
  const auto noted = now.revoked_by("a").value();
  REQUIRE(noted.size() == 1);
  CHECK(noted[0].serial == "47");
  CHECK(noted[0].at == at(kStart));
  CHECK(noted[0].reason == pki::RevocationReason::superseded);
  CHECK(now.revoked_by("b").value().empty());
}

TEST_CASE("certs/ledger: an empty file, of a run that was killed, is none, and is filled") {
  Made made;
  std::filesystem::resize_file(made.layout.ledger(), 0);
  const auto none = Ledger::open_to_read(made.layout);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == core::Code::not_found);
  CHECK_FALSE(listed(made).has_ledger);
  made.clock.advance(std::chrono::hours(1));
  REQUIRE(renew_all(made).ok());
  CHECK(Ledger::open_to_read(made.layout).has_value());
}

TEST_CASE("certs/ledger: what somebody moves into its place is not given to him by root") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root gives files away");
    return;
  }
  Made made;
  REQUIRE(std::filesystem::remove(made.layout.ledger()));
  REQUIRE(core::write_file_new(made.layout.ledger(), "a secret of root's", {0600, {}}));
  REQUIRE(::chown(made.dir.c_str(), 12345, 12345) == 0);
  CHECK_FALSE(Ledger::open(made.layout));
  struct stat info {};
  REQUIRE(::stat(made.layout.ledger().c_str(), &info) == 0);
  CHECK(info.st_uid == 0);
}
