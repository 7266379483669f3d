#include "src/look/check.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "src/issue/issue.h"
#include "tests/unit/src/look/check_run.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

TEST_CASE("certs/check: the folder of one identity is judged by its pair in use") {
  Made made;
  CHECK(only(made, made.layout.identity("root")).state == CheckState::fine);
  CHECK(only(made, made.layout.identity("broker")).subject == "broker");
}

TEST_CASE("certs/check: a part of a directory is measured by the directory's own authority") {
  Made made;
  Made other;
  const core::Path copy = made.layout.stations() / "copied";
  std::filesystem::copy(
      other.layout.identity("station-0001"), copy,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  CheckOptions options;
  options.targets = {made.layout.stations().string()};
  const CheckReport report = check(options, made.clock).value();
  REQUIRE(report.items.size() == 2);
  CHECK(report.count(CheckState::fine) == 1);
  CHECK(report.count(CheckState::broken) == 1);
  CHECK(report.by_dates_only() == 0);
  options.targets = {copy.string()};
  CHECK(check(options, made.clock).value().worst() == CheckState::broken);
  options.targets = {files_in(copy / "current").cert.string()};
  CHECK(check(options, made.clock).value().worst() == CheckState::broken);
}

TEST_CASE("certs/check: a directory that is named measures all, also other directories") {
  Made made;
  Made other;
  CheckOptions options;
  options.dir = made.dir;
  options.targets = {other.layout.stations().string()};
  CHECK(check(options, made.clock).value().worst() == CheckState::fine);
  options.dir_asked_for = true;
  CHECK(check(options, made.clock).value().items.at(0).reason == pki::Reason::unknown_issuer);
  std::filesystem::remove(made.layout.ca());
  CHECK(check(options, made.clock).error().code == core::Code::not_found);
}

TEST_CASE("certs/check: lists that cannot be read are told, and strangers stay strangers") {
  Made made;
  Made other;
  REQUIRE(core::write_file_atomic(made.layout.crl(), "-----BEGIN X509 CRL-----\n!", {}));
  CheckOptions options;
  options.dir = made.dir;
  options.dir_asked_for = true;
  options.targets = {made.layout.broker().cert.string(), other.layout.broker().cert.string()};
  const CheckReport report = check(options, made.clock).value();
  REQUIRE(report.items.size() == 3);
  CHECK(report.items[0].what == "trust");
  CHECK(report.items[1].state == CheckState::fine);
  CHECK(report.items[2].reason == pki::Reason::unknown_issuer);
}

TEST_CASE("certs/check: what is known to be wrong counts before what could not be read") {
  Made made;
  const core::Path junk = made.parent.path() / "absent.pem";
  const CheckReport unread =
      run(made, {junk.string(), made.layout.current("broker").cert.string()});
  CHECK(unread.worst() == CheckState::unreadable);
  core::FixedClock later = clock_at("2026-03-31T23:56:00Z");
  CheckOptions options;
  options.dir = made.dir;
  options.targets = {junk.string(), made.layout.current("broker").cert.string()};
  CHECK(check(options, later).value().worst() == CheckState::expired);
}

TEST_CASE("certs/check: what cannot be read is an item of its own and hides nothing") {
  Made made;
  const core::Path junk = made.parent.path() / "junk.pem";
  REQUIRE(core::write_file_new(junk, "-----BEGIN CERTIFICATE-----\n!!\n", {}).has_value());
  const auto report = run(
      made, {"/nonexistent.pem", junk.string(), made.layout.broker().cert.string(), "/dev/null"});
  REQUIRE(report.items.size() == 4);
  CHECK(report.items[0].state == CheckState::unreadable);
  CHECK(report.items[1].state == CheckState::broken);
  CHECK(report.items[2].state == CheckState::fine);
  CHECK(report.items[3].state == CheckState::unreadable);
  CHECK(report.worst() == CheckState::broken);
  CHECK(report.count(CheckState::unreadable) == 2);
  CHECK(report.count(CheckState::fine) == 1);
}

TEST_CASE("certs/check: an ordinary directory is searched for certificate files") {
  Made made;
  const core::Path tree = made.parent.path() / "tree" / "deep";
  std::filesystem::create_directories(tree);
  std::filesystem::copy_file(made.layout.broker().cert, tree / "a.crt");
  std::filesystem::copy_file(made.layout.broker().key, tree / "a.key");
  std::filesystem::copy_file(made.layout.api().key, tree / "lonely.pem");
  std::filesystem::copy_file(made.layout.api().cert, tree / "notes.txt");
  const auto report = run(made, {(made.parent.path() / "tree").string()});
  REQUIRE(report.items.size() == 1);
  CHECK(report.items[0].subject == "broker");
  std::filesystem::create_directory(made.parent.path() / "empty");
  CHECK(run(made, {(made.parent.path() / "empty").string()}).worst() == CheckState::unreadable);
}

TEST_CASE("certs/check: a directory without a certificate, and a link to nowhere, are not fine") {
  Made made;
  const core::Path keys = made.parent.path() / "keys";
  std::filesystem::create_directory(keys);
  CHECK(run(made, {keys.string()}).worst() == CheckState::unreadable);
  std::filesystem::copy_file(made.layout.broker().key, keys / "only.pem");
  CHECK(run(made, {keys.string()}).worst() == CheckState::unreadable);
  std::filesystem::copy_file(made.layout.broker().cert, keys / "broker.crt");
  std::filesystem::copy_file(made.layout.broker().key, keys / "broker.key");
  CHECK(run(made, {keys.string()}).worst() == CheckState::fine);
  std::filesystem::create_symlink("nowhere", keys / "gone.pem");
  const auto report = run(made, {keys.string()});
  CHECK(report.worst() == CheckState::unreadable);
  CHECK(report.count(CheckState::fine) == 1);
  CHECK(CheckReport{}.worst() == CheckState::unreadable);
}

TEST_CASE("certs/check: in a trust store each certificate stands for itself") {
  Made made;
  Made other;
  const core::Path store = made.parent.path() / "store.pem";
  const auto roots =
      pki::to_pem(leaf_of(made.layout.ca())) + pki::to_pem(leaf_of(other.layout.ca()));
  REQUIRE(core::write_file_new(store, roots, {}).has_value());
  const auto report = run(made, {store.string()});
  REQUIRE(report.items.size() == 2);
  CHECK(report.items[1].what == "certificate 2 of 2");
  CHECK(report.worst() == CheckState::fine);
}

TEST_CASE("certs/check: endings in capitals, and folders behind links, are looked at, each once") {
  Made made;
  const core::Path heap = made.parent.path() / "heap";
  const core::Path far = made.parent.path() / "far";
  REQUIRE(core::make_directories(heap / "near", 0755));
  REQUIRE(core::make_directories(far, 0755));
  const core::Path cert = made.layout.broker().cert;
  std::filesystem::copy_file(cert, heap / "OLD.PEM");
  std::filesystem::copy_file(cert, heap / "near" / "old.CRT");
  std::filesystem::copy_file(cert, far / "far.pem");
  std::filesystem::create_directory_symlink(far, heap / "linked");
  std::filesystem::create_directory_symlink("near", heap / "again");
  std::filesystem::create_directory_symlink(heap, far / "back");
  CHECK(run(made, {heap.string()}).items.size() == 3);
  // A link may lead anywhere: only what lies at its end itself is looked at, and the rest named.
  REQUIRE(core::make_directories(far / "deeper", 0755));
  std::filesystem::copy_file(cert, far / "deeper" / "deep.pem");
  std::filesystem::create_directory_symlink("/", far / "everything");
  const auto report = run(made, {heap.string()});
  REQUIRE(report.items.size() == 4);
  CHECK(report.items[3].state == CheckState::unreadable);
}

TEST_CASE("certs/check: what a link hides is told in one line, where it may hold certificates") {
  Made made;
  const core::Path tls = made.parent.path() / "tls";
  const core::Path hosts = made.parent.path() / "data" / "hosts";
  REQUIRE(core::make_directories(tls, 0755));
  REQUIRE(core::make_directories(hosts / "web1" / "logs", 0755));
  REQUIRE(core::make_directories(hosts / "web2", 0755));
  std::filesystem::copy_file(made.layout.broker().cert, tls / "good.pem");
  REQUIRE(core::write_file_new(hosts / "web1" / "logs" / "today.log", "", {}).has_value());
  std::filesystem::create_directory_symlink("../data/hosts", tls / "hosts");
  CHECK(run(made, {tls.string()}).worst() == CheckState::fine);
  std::filesystem::copy_file(made.layout.broker().cert, hosts / "web1" / "logs" / "deep.pem");
  std::filesystem::copy_file(made.layout.broker().cert, hosts / "web2" / "cert.pem");
  const auto report = run(made, {tls.string()});
  REQUIRE(report.items.size() == 2);
  CHECK(report.worst() == CheckState::unreadable);
  CHECK(report.items[1].sentence.find((tls / "hosts" / "web1").string()) != std::string::npos);
  CHECK(run(made, {(tls / "hosts").string()}).count(CheckState::fine) == 2);
}

TEST_CASE("certs/check: a link to what is in the tree anyway hides nothing") {
  Made made;
  const core::Path tls = made.parent.path() / "tls";
  REQUIRE(core::make_directories(tls / "by-date" / "2026", 0755));
  std::filesystem::copy_file(made.layout.broker().cert, tls / "by-date" / "2026" / "good.pem");
  std::filesystem::create_directory_symlink("../tls", tls / "self");
  const core::Path far = made.parent.path() / "far";
  REQUIRE(core::make_directories(far, 0755));
  std::filesystem::create_directory_symlink(tls / "by-date", far / "back");
  std::filesystem::create_directory_symlink(far, tls / "far");
  const auto report = run(made, {tls.string()});
  CHECK(report.items.size() == 1);
  CHECK(report.worst() == CheckState::fine);
}
