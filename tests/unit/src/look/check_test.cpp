#include "src/look/check.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/issue.h"
#include "src/certs/profile.h"
#include "src/issue/issue.h"
#include "src/lint/lint.h"
#include "src/look/check_formats.h"
#include "src/look/list.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

namespace {

CheckReport run(const Made& made, std::vector<std::string> targets) {
  CheckOptions options;
  options.dir = made.dir;
  options.targets = std::move(targets);
  return check(options, made.clock).value();
}

CheckItem only(const Made& made, const core::Path& target) {
  auto report = run(made, {target.string()});
  REQUIRE(report.items.size() == 1);
  return report.items[0];
}

}  // namespace

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

TEST_CASE("certs/check: the folder of one identity is judged by its pair in use") {
  Made made;
  CHECK(only(made, made.layout.identity("root")).state == CheckState::fine);
  CHECK(only(made, made.layout.identity("broker")).subject == "broker");
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

TEST_CASE("certs/check: metrics and the line for Nagios") {
  Made made;
  CheckReport report;
  CheckItem bad;
  bad.target = "a\"b\\c\nd";
  bad.subject = "pipe|d \xFF";
  bad.state = CheckState::expired;
  bad.sentence = "over | out";
  bad.not_after = at(kStart);
  report.items = {bad, bad};
  const std::string metrics = to_prometheus(report, made.clock.now());
  CHECK(metrics.find("target=\"a\\\"b") != std::string::npos);
  CHECK(metrics.find("copy=\"2\"} 2\n") != std::string::npos);
  CHECK(metrics.find("wxsec_certificates{state=\"expired\"} 2\n") != std::string::npos);
  CHECK(metrics.find("wxsec_certificate_not_after_seconds{") != std::string::npos);
  const std::string line = to_nagios(report, NagiosWorst::critical, made.clock.now());
  CHECK(line.starts_with("WXSEC CRITICAL - 2 expired; "));
  CHECK(std::count(line.begin(), line.end(), '|') == 1);
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(to_nagios({}, NagiosWorst::critical, made.clock.now())
            .starts_with("WXSEC UNKNOWN - nothing checked"));
}

TEST_CASE("certs/list: folders and ledger side by side, and where they differ") {
  Made made;
  ListOptions options;
  options.dir = made.dir;
  const auto before = list_identities(options, made.clock).value();
  CHECK(before.identities.size() == 7);
  IssueOptions one;
  one.dir = made.dir;
  one.name = "hill";
  const auto issued = issue(one, made.clock).value();
  one.name = "lake";
  REQUIRE(issue(one, made.clock).has_value());
  std::filesystem::remove_all(made.layout.stations() / "lake");
  const auto report = list_identities(options, made.clock).value();
  CHECK(report.has_ledger);
  CHECK(report.missing == std::vector<std::string>{"lake"});
  options.names = {"h?ll"};
  const auto hill = list_identities(options, made.clock).value();
  REQUIRE(hill.identities.size() == 1);
  CHECK(hill.identities[0].profile == "station");
  CHECK(hill.identities[0].serial == issued.certificate.serial);
  CHECK(hill.identities[0].generation == "0001");
  CHECK(hill.identities[0].days_left == 364);
  CHECK(hill.identities[0].key == "P-256");
  CHECK(hill.identities[0].recorded);
  CHECK(hill.missing.empty());
  options.names = {};
  options.order = ListOrder::days_left;
  CHECK(list_identities(options, made.clock).value().identities.back().name == "root");
  options.state = CheckState::due;
  CHECK(list_identities(options, made.clock).value().identities.empty());
  options.dir = "/nonexistent";
  CHECK(list_identities(options, made.clock).error().code == core::Code::not_found);
}

TEST_CASE("certs/profile: the TOML files that ship say what is compiled in") {
  const core::Path shipped = core::Path(WXSEC_SOURCE_DIR) / "certs" / "profiles";
  std::size_t seen = 0;
  for (const Profile& profile : built_in_profiles()) {
    INFO(profile.name);
    const auto text = core::read_file(shipped / (profile.name + ".toml"), 10'000);
    REQUIRE(text.has_value());
    const auto parsed = parse_profile(*text, profile.name);
    REQUIRE_MESSAGE(parsed.has_value(), (parsed ? "" : parsed.error().what));
    CHECK(*parsed == profile);
    ++seen;
  }
  std::size_t files = 0;
  const auto names = core::list_directory(shipped).value();
  for (const std::string& name : names)
    if (name.ends_with(".toml")) ++files;
  CHECK(files == seen);
}

TEST_CASE("certs/profile: nonsense is refused with the field's name") {
  const auto refused = [](std::string_view toml, std::string_view why) {
    const auto parsed = parse_profile(toml, "x");
    INFO(toml);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == core::Code::usage);
    CHECK_MESSAGE(parsed.error().what.find(why) != std::string::npos, parsed.error().what);
    CHECK_FALSE(parsed.error().hint.empty());
  };
  refused("", "lifetime");
  refused("lifetime = '90d'", "server");
  refused("lifetime = 90\nserver = true", "line 1: lifetime has the wrong type");
  refused("server = true\nlifetime = '0d'", "line 2: a lifetime must be 1s at least");
  refused("lifetime = '90'\nserver = true", "line 1: lifetime: '90' is not a duration");
  refused("lifetime = '90d'\n\nserver = 'yes'", "line 3: server has the wrong type");
  refused("lifetime = '90d'\npath_length = 10\nca = true", "line 2: path_length must be 0 to 9");
  refused("lifetime = '99999999d'\nserver = true", "at most");
  refused("lifetime = '90d'\nserver = true\nkey = 'DSA'", "DSA");
  refused("lifetime = '90d'\nserver = true\nsever = true", "line 3: unknown field 'sever'");
  refused("lifetime = '90d'\nserver = true\nca = true", "neither");
  refused("lifetime = '90d'\nserver = true\npath_length = 1", "path_length");
  refused("lifetime = '90d'\nserver = true\nfault = 'odd'", "odd");
  refused("= nonsense", "line 1");
  FastDirectory dir;
  CHECK(find_profile(dir.path(), "../server").error().code == core::Code::usage);
  CHECK(find_profile(dir.path(), "server").value().name == "server");
  std::filesystem::create_directory(dir.path() / "profiles");
  REQUIRE(core::write_file_new(dir.path() / "profiles" / "server.toml",
                               "lifetime = '7d'\nserver = true\n", {})
              .has_value());
  CHECK(find_profile(dir.path(), "server").value().lifetime == std::chrono::days(7));
  const core::Path own = dir.path() / "profiles" / "own.toml";
  REQUIRE(core::write_file_new(own, "server = yes\n", {}).has_value());
  const core::Error error = find_profile(dir.path(), "own").error();
  CHECK(error.what.find(own.string() + ": line 1: this is no TOML: ") == 0);
}
