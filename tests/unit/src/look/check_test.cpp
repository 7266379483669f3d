#include "src/look/check.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/issue.h"
#include "src/certs/profile.h"
#include "src/issue/issue.h"
#include "src/lint/lint.h"
#include "src/renew/rollback.h"
#include "src/revoke/revoke.h"
#include "src/revoke/rotate.h"
#include "tests/unit/src/look/check_run.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

TEST_CASE("certs/check: a fresh directory is fine in every item") {
  Made made;
  const auto report = run(made, {made.dir.string()});
  CHECK(report.items.size() == 9);  // seven identities, two revocation lists
  for (const CheckItem& item : report.items) {
    INFO(item.target << " " << item.sentence);
    CHECK(item.state == CheckState::fine);
    CHECK(item.hint.empty());
  }
  CHECK(report.worst() == CheckState::fine);
}

TEST_CASE("certs/check: a directory whose revocation list is missing is not fine") {
  Made made;
  std::filesystem::remove(made.layout.crl());
  const auto report = run(made, {made.dir.string()});
  CHECK(report.worst() == CheckState::broken);
  CHECK(report.items.back().target == made.layout.crl().string());
  CHECK(report.items.back().hint.find(made.dir.string()) != std::string::npos);
}

TEST_CASE("certs/check: the remedy of a single file names its directory and identity") {
  Made made;
  const std::string dir = core::shell_word(made.dir.string());
  const core::Path copy = made.parent.path() / "copy.pem";
  std::filesystem::copy_file(made.layout.broker().cert, copy);
  std::filesystem::copy_file(made.layout.api().key, made.layout.operator_().key,
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(only(made, made.layout.operator_().cert).hint ==
        "put the pair back: wxsec certs rollback --dir " + dir + " operator");
  made.clock.set(at("2026-03-03T00:00:00Z"));
  CHECK(only(made, made.layout.broker().cert).hint == "renew it: wxsec certs renew --dir " + dir);
  const auto lists = run(made, {made.layout.crl().string()});
  CHECK(lists.items.front().hint == "wxsec certs crl --dir " + dir);
  CHECK(only(made, copy).hint.ends_with("DIR is the certificate directory that it comes from"));
  made.clock.set(at("2027-03-03T00:00:00Z"));
  CHECK(only(made, made.layout.station(1).cert).hint.ends_with("--dir " + dir));
}

TEST_CASE("certs/check: due, expired, and which it is") {
  Made made;
  made.clock.set(at("2026-03-03T00:00:00Z"));
  CHECK(only(made, made.layout.broker().cert).state == CheckState::due);
  CHECK(only(made, made.layout.station(1).cert).state == CheckState::fine);
  made.clock.set(at("2026-03-31T23:47:58Z"));
  CHECK(only(made, made.layout.broker().fullchain).state == CheckState::due);
  made.clock.set(at("2026-03-31T23:48:00Z"));
  const auto item = only(made, made.layout.broker().fullchain);
  CHECK(item.state == CheckState::expired);
  CHECK(item.reason == pki::Reason::expired);
  CHECK(item.subject == "broker");
  made.clock.set(at("2026-04-01T00:00:00Z"));
  const auto lists = run(made, {made.layout.crl().string()});
  REQUIRE(lists.items.size() == 2);
  CHECK(lists.items[0].state == CheckState::expired);
  CHECK(lists.items[1].state == CheckState::fine);
}

TEST_CASE("certs/check: thresholds as time left and as a share") {
  Made made;
  CheckOptions options;
  options.dir = made.dir;
  options.targets = {made.layout.broker().cert.string()};
  options.within = parse_threshold("91d").value();
  CHECK(check(options, made.clock).value().worst() == CheckState::due);
  options.within = parse_threshold("89d").value();
  CHECK(check(options, made.clock).value().worst() == CheckState::fine);
  options.within = parse_threshold("100%").value();
  CHECK(check(options, made.clock).value().worst() == CheckState::due);
  options.within = parse_threshold("1%").value();
  CHECK(check(options, made.clock).value().worst() == CheckState::fine);
  for (const char* bad : {"", "30", "d", "101%", "-1%", "30 d", "%"})
    CHECK_FALSE(parse_threshold(bad).has_value());
}

TEST_CASE("certs/check: half of the life is the rule for lifetimes under ten days") {
  pki::Certificate certificate;
  certificate.not_before = at("2026-01-01T00:00:00Z");
  certificate.not_after = at("2026-01-07T00:00:00Z");
  CHECK(due_at(certificate, {}) == at("2026-01-04T00:00:00Z"));
  certificate.not_after = at("2026-01-31T00:00:00Z");
  CHECK(due_at(certificate, {}) == at("2026-01-21T00:00:00Z"));
  certificate.not_after = at("2026-01-01T01:00:00Z");
  CHECK(due_at(certificate, {}) == at("2026-01-01T00:30:00Z"));
}

TEST_CASE("certs/check: a key of another pair, an exposed key, a chain that is missing") {
  Made made;
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(made.layout.api().key, made.layout.broker().key, overwrite);
  const auto mismatch = only(made, made.layout.broker().cert);
  CHECK(mismatch.state == CheckState::broken);
  CHECK(mismatch.sentence.find("another certificate") != std::string::npos);
  ::chmod(made.layout.api().key.c_str(), 0644);
  const auto exposed = only(made, made.layout.api().cert);
  CHECK(exposed.state == CheckState::broken);
  CHECK(exposed.sentence.find("everybody") != std::string::npos);
  std::filesystem::remove(made.layout.ingest().chain);
  CheckOptions options;
  options.ca = made.layout.ca();
  options.targets = {made.layout.ingest().cert.string()};
  const auto alone = check(options, made.clock).value();
  CHECK(alone.items[0].reason == pki::Reason::unknown_issuer);
  CHECK(alone.worst() == CheckState::broken);
}

TEST_CASE("certs/check: a stranger's file is judged by its dates, unless a CA was asked for") {
  Made made;
  Made other;
  CHECK(only(made, other.layout.broker().fullchain).state == CheckState::fine);
  CheckOptions options;
  options.ca = made.layout.ca();
  options.targets = {other.layout.broker().fullchain.string()};
  CHECK(check(options, made.clock).value().items[0].reason == pki::Reason::unknown_issuer);
  CHECK(run(made, {other.dir.string()}).worst() == CheckState::fine);  // by its own root
}

TEST_CASE("certs/check: with nobody to trust it says that only the dates were judged") {
  Made made;
  const core::Path alone = made.parent.path() / "alone.pem";
  std::filesystem::copy_file(made.layout.broker().fullchain, alone);
  CheckOptions options;
  options.dir = made.parent.path() / "nowhere";
  options.targets = {alone.string()};
  const CheckItem item = check(options, made.clock).value().items.at(0);
  CHECK(item.state == CheckState::fine);
  CHECK(item.dates_only);
  CHECK(item.sentence.find("by its dates alone") != std::string::npos);
  CHECK(item.hint.find("--ca") != std::string::npos);
  options.dir = made.dir;
  CHECK_FALSE(check(options, made.clock).value().items.at(0).dates_only);
  Made other;
  options.dir = other.dir;
  CHECK(check(options, made.clock).value().items.at(0).dates_only);
  options.dir_asked_for = true;  // whoever names a directory wants to know whether it is from there
  CHECK(check(options, made.clock).value().items.at(0).reason == pki::Reason::unknown_issuer);
}

TEST_CASE("certs/check: what is weak in itself needs nobody to trust") {
  Made made;
  IssueOptions issue_options;
  issue_options.dir = made.dir;
  CheckOptions options;
  options.dir = made.parent.path() / "nowhere";
  for (const auto& [profile, reason] :
       {std::pair{"weak-key", pki::Reason::weak_key}, {"sha1", pki::Reason::weak_signature}}) {
    issue_options.profile = issue_options.name = profile;
    const auto issued = issue(issue_options, made.clock);
    REQUIRE(issued);
    const core::Path alone = made.parent.path() / (std::string(profile) + ".pem");
    std::filesystem::copy_file(issued->files.cert, alone);
    options.targets = {alone.string()};
    CHECK(check(options, made.clock).value().items.at(0).reason == reason);
  }
}

TEST_CASE("certs/check: what does not fit its own issuer needs nobody to trust") {
  Made made;
  CheckOptions options;
  options.dir = made.parent.path() / "nowhere";
  const core::Path alone = made.parent.path() / "alone.pem";
  const auto reason_of = [&](std::vector<pki::Certificate> chain) {
    REQUIRE(core::write_file_atomic(alone, pki::to_pem(chain), {}).has_value());
    options.targets = {alone.string()};
    return check(options, made.clock).value().items.at(0).reason;
  };
  const pki::Certificate broker = leaf_of(made.layout.broker().cert);
  const pki::Certificate issuing = leaf_of(made.layout.issuing().cert);
  const pki::Certificate root = leaf_of(made.layout.ca());
  CHECK(reason_of({broker, issuing, root}) == pki::Reason::valid);
  for (const pki::Certificate& good : {broker, root}) {
    pki::Certificate flipped = good;
    flipped.der.back() ^= 1;
    CHECK(reason_of({flipped, issuing}) == pki::Reason::bad_signature);
  }
}

TEST_CASE("certs/check: a revoked one is found by every way that leads to it") {
  Made made;
  const core::Path broker = made.layout.identity("broker");
  const auto issuing = leaf_of(made.layout.issuing().cert);
  const auto issuer =
      pki::Issuer::create(issuing, pki::Key::load(made.layout.issuing().key, {}).value()).value();
  const auto list =
      issuer.issue_crl({{leaf_of(made.layout.broker().cert).serial, made.clock.now(), {}}}, 9,
                       made.clock.now(), made.clock.now() + std::chrono::hours(99));
  REQUIRE(core::write_file_atomic(made.layout.crl(), pki::to_pem(list.value()), {}).has_value());
  const core::Path link = made.parent.path() / "link";
  std::filesystem::create_directory_symlink(broker, link);
  CheckOptions options;
  for (const core::Path& target :
       {broker, made.layout.broker().cert, broker / "0001", broker / "0001" / "fullchain.pem",
        link / "current" / "cert.pem", link}) {
    INFO(target);
    options.targets = {target.string()};
    const auto items = check(options, made.clock).value().items;
    CHECK(std::any_of(items.begin(), items.end(),
                      [](const auto& item) { return item.reason == pki::Reason::revoked; }));
  }
}

TEST_CASE("certs/check: hostile files are judged, each with its own words") {
  Made made;
  const auto broker = made.layout.broker();
  const std::string cert = core::read_file(broker.cert, 10'000).value();
  const std::string key = core::read_file(broker.key, 10'000).value();
  const auto judge_text = [&](const char* name, const std::string& text) {
    const core::Path file = made.parent.path() / name;
    REQUIRE(core::write_file_new(file, text, {.mode = 0600}).has_value());
    return only(made, file);
  };
  CHECK(judge_text("key-first.pem", key + cert).state == CheckState::fine);
  CHECK(judge_text("tail.pem", cert + "garbage behind it").state == CheckState::fine);
  core::Bytes der = leaf_of(broker.cert).der;
  const std::string whole(core::as_text(der));
  CHECK(judge_text("whole.der", whole).state == CheckState::fine);
  const auto surplus = judge_text("tail.der", whole + "tail");
  CHECK(surplus.state == CheckState::broken);
  CHECK(surplus.sentence.find("4 surplus bytes") != std::string::npos);
  CHECK(judge_text("cut.der", whole.substr(0, 200)).state == CheckState::broken);
  const core::Path nul = core::Path(WXSEC_SOURCE_DIR) / "tests/vectors/x509/nul-in-name.pem";
  CHECK(only(made, nul).subject == "broker");
}

TEST_CASE("certs/check: a certificate with a megabyte of names [slow]") {
  Made made;
  const auto issuing = leaf_of(made.layout.issuing().cert);
  const auto issuer =
      pki::Issuer::create(issuing, pki::Key::load(made.layout.issuing().key, {}).value()).value();
  pki::CertificateSpec spec;
  spec.common_name = "many";
  spec.server = true;
  spec.not_before = made.clock.now() - std::chrono::hours(1);
  spec.not_after = made.clock.now() + std::chrono::hours(24 * 90);
  for (unsigned i = 0; i < 40'000; ++i)
    spec.names.push_back({pki::NameKind::dns, fmt::format("host-{:06}.stations.wx.test", i)});
  const auto leaf =
      issuer.issue(spec, pki::Key::generate(pki::KeyType::p256).value().public_key()).value();
  CHECK(leaf.der.size() > 1'000'000);
  CHECK(leaf.names.size() == 40'000);
  const core::Path file = made.parent.path() / "many.pem";
  REQUIRE(core::write_file_new(file, pki::to_pem(leaf) + pki::to_pem(issuing), {}).has_value());
  CHECK(only(made, file).state == CheckState::fine);
  CHECK(lint_chain({leaf, issuing}, HoldTo::public_authority, made.clock.now()).empty());
}

namespace {

const CheckItem* item_of(const CheckReport& report, std::string_view what) {
  for (const CheckItem& item : report.items)
    if (item.what == what) return &item;
  return nullptr;
}

void revoke_one(const Made& made, const std::string& name) {
  RevokeOptions options;
  options.dir = made.dir;
  options.name = name;
  REQUIRE(revoke(options, made.clock, {}).has_value());
}

}  // namespace

TEST_CASE("certs/check: with an old list and a damaged ledger nothing is fine") {
  Made made;
  const std::string old = core::read_file(made.layout.crl(), 100'000).value();
  revoke_one(made, "station-0001");
  REQUIRE(core::write_file_atomic(made.layout.crl(), old, {}));
  REQUIRE(core::write_file_atomic(made.layout.ledger(), std::string(8192, 'x'), {}));
  const CheckReport report = run(made, {made.dir.string()});
  CHECK(report.worst() == CheckState::broken);
  const CheckItem* const ledger = item_of(report, "ledger");
  REQUIRE(ledger != nullptr);
  CHECK(ledger->target == made.layout.ledger().string());
  CHECK(ledger->hint.find("backup") != std::string::npos);
  CHECK(run(made, {made.layout.identity("station-0001").string()}).worst() == CheckState::broken);
}

TEST_CASE("certs/check: a damaged list is one line, with the command that mends it") {
  for (const std::string_view bad : {"garbage\n", ""}) {
    Made made;
    const std::size_t all = run(made, {made.dir.string()}).items.size();
    REQUIRE(core::write_file_atomic(made.layout.crl(), bad, {}));
    const CheckReport report = run(made, {made.dir.string()});
    CHECK(report.count(CheckState::broken) == 1);
    CHECK(report.count(CheckState::unreadable) == 0);
    CHECK(report.items.size() == all - 1);  // two lists in one file
    const CheckItem* const list = item_of(report, "revocation list");
    REQUIRE(list != nullptr);
    CHECK(list->hint.find("crl --dir " + made.dir.string() + " --begin-anew") != std::string::npos);
  }
}

TEST_CASE("certs/check: who was revoked under a dropped authority is told so") {
  Made made;
  revoke_one(made, "station-0001");
  RotateOptions options;
  options.dir = made.dir;
  options.untold = true;
  options.automatic = true;
  REQUIRE(rotate(options, made.clock, {}).has_value());
  const CheckItem item = only(made, made.layout.identity("station-0001"));
  CHECK(item.reason == pki::Reason::revoked);
  CHECK(item.hint.find("--replace station-0001") != std::string::npos);
}

TEST_CASE("certs/check: a current that leads nowhere, and the way back") {
  Made made;
  const core::Path folder = made.layout.identity("api");
  REQUIRE(core::swap_symlink("0009", folder / "current"));
  const CheckReport report = run(made, {made.dir.string()});
  const CheckItem* const item = item_of(report, "identity");
  REQUIRE(item != nullptr);
  CHECK(item->sentence.find("0009") != std::string::npos);
  CHECK(item->hint.find("rollback --dir " + made.dir.string() + " api --to 0001") !=
        std::string::npos);
  CHECK(rollback(made.dir, "api", "0001", made.clock.now()).value() == "0001");
  CHECK(run(made, {made.dir.string()}).worst() == CheckState::fine);
}
