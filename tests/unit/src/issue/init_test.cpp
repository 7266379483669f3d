#include "src/issue/init.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/pki/key.h"
#include "lib/pki/verify.h"
#include "src/certs/crl_file.h"
#include "src/certs/generations.h"
#include "src/issue/issue.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

TEST_CASE("certs/init: every identity verifies up to ca.pem, with its key, purpose and names") {
  Made made;
  const auto root = pki::load_certificates(made.layout.ca()).value();
  const auto crls = read_crl_file(made.layout.crl()).value();
  REQUIRE(made.layout.identities().value() == std::vector<std::string>{"root", "issuing", "broker",
                                                                       "api", "operator", "ingest",
                                                                       "station-0001"});
  for (const char* name : {"broker", "api", "operator", "ingest", "station-0001"}) {
    INFO(name);
    const IdentityFiles files = made.layout.current(name);
    const auto chain = pki::load_certificates(files.fullchain).value();
    REQUIRE(chain.size() == 2);
    CHECK(chain[0].common_name == name);
    CHECK(chain[0].sha256 == leaf_of(files.cert).sha256);
    CHECK(chain[1].sha256 == leaf_of(files.chain).sha256);
    CHECK(pki::Key::load(files.key, {}).value().matches(chain[0]));
    pki::VerifyOptions options;
    options.trust = root;
    options.crls = crls;
    options.at = made.clock.now();
    const bool server = chain[0].extended_key_usage == std::vector<std::string>{"serverAuth"};
    CHECK(server == (std::string_view(name) == "broker" || std::string_view(name) == "api"));
    options.purpose = server ? pki::Purpose::server : pki::Purpose::client;
    options.host = chain[0].names[0].value;
    const auto verdict = pki::verify(chain, options);
    CHECK_MESSAGE(verdict.valid(), verdict.sentence);
  }
  CHECK(leaf_of(made.layout.broker().cert).names ==
        std::vector<pki::AlternativeName>{{pki::NameKind::dns, "broker.wx.test"},
                                          {pki::NameKind::dns, "localhost"},
                                          {pki::NameKind::ip, "127.0.0.1"},
                                          {pki::NameKind::ip, "::1"}});
  CHECK(leaf_of(made.layout.station(1).cert).names[0].value == "station-0001.stations.wx.test");
}

TEST_CASE("certs/init: modes are right whatever the umask") {
  const mode_t before = ::umask(0);
  Made made;
  ::umask(before);
  const auto identities = made.layout.identities().value();
  for (const std::string& name : identities) {
    INFO(name);
    CHECK(mode_of(made.layout.current(name).key) == 0600);
    CHECK(mode_of(made.layout.current(name).cert) == 0644);
    const bool authority = name == "root" || name == "issuing";
    CHECK(mode_of(made.layout.identity(name)) == (authority ? 0700 : 0755));
    CHECK(mode_of(made.layout.identity(name) / "0001") == (authority ? 0700 : 0755));
  }
  CHECK(mode_of(made.dir) == 0755);
  CHECK(mode_of(made.layout.ca()) == 0644);
  const mode_t narrow = ::umask(0777);
  FastDirectory other;
  InitOptions options;
  options.dir = other.path() / "certs";
  options.stations = 0;
  const auto report = init(options, made.clock);
  ::umask(narrow);
  REQUIRE(report.has_value());
  CHECK(mode_of(Layout(options.dir).broker().cert) == 0644);
}

TEST_CASE("certs/init: a second run changes nothing, one with more stations adds those") {
  Made made;
  const std::string serial = leaf_of(made.layout.broker().cert).serial;
  InitOptions options;
  options.dir = made.dir;
  options.stations = 1;
  const auto again = init(options, made.clock).value();
  CHECK_FALSE(again.changed());
  CHECK(again.items.size() == 7);
  CHECK(leaf_of(made.layout.broker().cert).serial == serial);
  options.stations = 3;
  const auto more = init(options, made.clock).value();
  CHECK(more.changed());
  const auto created = std::count_if(more.items.begin(), more.items.end(), [](const InitItem& i) {
    return i.presence == Presence::created;
  });
  CHECK(created == 2);
  CHECK(leaf_of(made.layout.station(3).cert).issuer == leaf_of(made.layout.issuing().cert).subject);
  CHECK(leaf_of(made.layout.broker().cert).serial == serial);
}

TEST_CASE("certs/init: the authorities may sign for the given domains and nothing else") {
  FastDirectory parent;
  InitOptions options;
  options.dir = parent.path();
  options.domains = {"Weather.Example.org", "192.168.7.0/24", "10.0.0.9"};
  options.stations = 1;
  const auto clock = clock_at(kStart);
  const auto report = init(options, clock).value();
  CHECK(report.domains == std::vector<std::string>{"weather.example.org", "localhost"});
  CHECK(report.networks ==
        std::vector<std::string>{"192.168.7.0/24", "10.0.0.9/32", "127.0.0.0/8", "::1/128"});
  const auto broker = leaf_of(Layout(options.dir).broker().cert);
  CHECK(broker.names.back() == pki::AlternativeName{pki::NameKind::ip, "10.0.0.9"});
  for (const char* authority : {"root", "issuing"}) {
    const auto certificate = leaf_of(Layout(options.dir).current(authority).cert);
    CHECK(certificate.has_constraints);
    CHECK(certificate.constraints.critical);
    CHECK(certificate.constraints.dns == report.domains);
    CHECK(certificate.constraints.networks == report.networks);
  }
  options.domains = {"example.net"};
  const auto other = init(options, clock);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().code == Code::usage);
  CHECK(other.error().what.find("example.net") != std::string::npos);
}

TEST_CASE("certs/init: bad words are refused before anything is written") {
  FastDirectory parent;
  const auto clock = clock_at(kStart);
  for (const char* domain : {"", "a b", "*.wx.test", "-x.test", "10.0.0.0/33", "wx..test"}) {
    InitOptions options;
    options.dir = parent.path() / "certs";
    options.domains = {domain};
    INFO(domain);
    const auto report = init(options, clock);
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == Code::usage);
  }
  InitOptions options;
  options.dir = parent.path() / "certs";
  options.group = "no-such-group-here";
  CHECK(init(options, clock).error().code == Code::usage);
  CHECK_FALSE(core::path_exists(options.dir));
}

TEST_CASE("certs/init: a run that was killed half-way is completed by the next") {
  Made made;
  std::filesystem::remove(made.layout.identity("broker") / "current");
  std::filesystem::create_directory(made.layout.identity("broker") / ".new-1");
  InitOptions options;
  options.dir = made.dir;
  options.stations = 1;
  const auto report = init(options, made.clock).value();
  CHECK(report.crl == Presence::kept);
  CHECK(resolve_current(made.layout.identity("broker")).value().filename() == "0002");
  CHECK(generations_in(made.layout.identity("broker")) == std::vector<std::string>{"0001", "0002"});
  CHECK_FALSE(core::path_exists(made.layout.identity("broker") / ".new-1"));
}

TEST_CASE("certs/init: a revocation list that got lost is not replaced by an empty one") {
  Made made;
  std::filesystem::remove(made.layout.crl());
  InitOptions options;
  options.dir = made.dir;
  options.stations = 1;
  const auto report = init(options, made.clock).value();
  CHECK(report.crl == Presence::missing);
  CHECK_FALSE(core::path_exists(made.layout.crl()));
}

TEST_CASE("certs/init: a new issuing authority gets its list beside the one of the old") {
  Made made;
  std::filesystem::remove_all(made.layout.identity("issuing"));
  InitOptions options;
  options.dir = made.dir;
  options.stations = 1;
  const auto report = init(options, made.clock).value();
  CHECK(report.crl == Presence::created);
  CHECK(read_crl_file(made.layout.crl()).value().size() == 3);
}

TEST_CASE("certs/init: what is no domain, no name and no lifetime is refused") {
  FastDirectory parent;
  const core::Clock& clock = core::system_clock();
  InitOptions options;
  options.dir = parent.path() / "certs";
  options.domains = {"300.1.1.1"};
  CHECK(init(options, clock).error().code == Code::usage);
  options.domains = {};
  options.lifetime = std::chrono::milliseconds(0);
  CHECK(init(options, clock).error().code == Code::usage);
  options.lifetime = {};
  options.ca_lifetime = std::chrono::milliseconds(999);
  CHECK(init(options, clock).error().code == Code::usage);
  options.ca_lifetime = {};
  options.dir = "";
  CHECK(init(options, clock).error().code == Code::usage);
}

TEST_CASE(
    "certs/init: an identity's folder that is a symbolic link is refused, nothing goes through") {
  FastDirectory parent;
  const core::Path victim = parent.path() / "victim";
  std::filesystem::create_directory(victim);
  const core::Path dir = parent.path() / "certs";
  std::filesystem::create_directory(dir);
  std::filesystem::create_symlink(victim, dir / "api");
  InitOptions options;
  options.dir = dir;
  const auto report = init(options, clock_at(kStart));
  REQUIRE_FALSE(report.has_value());
  CHECK(report.error().code == Code::unsupported);
  CHECK(report.error().what.find("symbolic link") != std::string::npos);
  CHECK(std::filesystem::is_empty(victim));
}

TEST_CASE("certs/init: a directory that is none, is missing, or must not be written") {
  Made made;
  IssueOptions options;
  options.dir = made.dir / "nowhere";
  options.name = "x";
  CHECK(issue(options, made.clock).error().code == Code::not_found);
  InitOptions file;
  file.dir = made.layout.ca();
  CHECK_FALSE(init(file, made.clock).has_value());
  if (::geteuid() == 0) {
    MESSAGE("root may write everywhere: the read-only half is for other users");
    return;
  }
  ::chmod(made.layout.stations().c_str(), 0555);
  InitOptions more;
  more.dir = made.dir;
  more.stations = 2;
  const auto refused = init(more, made.clock);
  ::chmod(made.layout.stations().c_str(), 0755);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::permission);
  CHECK(refused.error().what.find("station-0002") != std::string::npos);
}

TEST_CASE("certs/init: an authority's key is encrypted when a passphrase is given [slow]") {
  FastDirectory parent;
  const auto clock = clock_at(kStart);
  InitOptions options;
  options.dir = parent.path();
  options.stations = 0;
  options.ca_passphrase.secret = core::Secret("a long passphrase");
  REQUIRE(init(options, clock).has_value());
  const auto text = core::read_file(Layout(options.dir).issuing().key, 10'000).value();
  CHECK(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  IssueOptions more;
  more.dir = parent.path();
  more.name = "station-7";
  CHECK(issue(more, clock).error().code == Code::crypto);
  more.ca_passphrase.secret = core::Secret("wrong");
  CHECK(issue(more, clock).error().code == Code::crypto);
  more.ca_passphrase.secret = core::Secret("a long passphrase");
  CHECK(issue(more, clock).has_value());
}

TEST_CASE("certs/issue: names, lifetimes and what the authority may not sign for") {
  Made made;
  IssueOptions options;
  options.dir = made.dir;
  options.name = "web";
  options.profile = "server";
  options.names = {{pki::NameKind::dns, "*.web.wx.test"}, {pki::NameKind::uri, "urn:wx:web"}};
  options.lifetime = std::chrono::hours(1);
  const auto issued = issue(options, made.clock).value();
  CHECK(issued.folder == made.dir / "web");
  CHECK(issued.certificate.names == options.names);
  CHECK(pki::lifetime(issued.certificate) == std::chrono::hours(1));
  CHECK(issue(options, made.clock).error().code == Code::exists);
  options.if_exists = IfExists::new_generation;
  CHECK(issue(options, made.clock).value().generation.filename() == "0002");
  options.name = "evil";
  options.names = {{pki::NameKind::dns, "example.com"}};
  const auto refused = issue(options, made.clock);
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().what.find("name constraints permit only wx.test") != std::string::npos);
  options.names = {};
  options.lifetime = std::chrono::days(3000);
  CHECK(issue(options, made.clock).value().certificate.not_after ==
        leaf_of(made.layout.issuing().cert).not_after);
}

TEST_CASE("certs/issue: identity names that could leave the directory are refused") {
  Made made;
  for (const char* name : {"", "..", ".", "a/b", "/etc", "-x", "a b", "x\n", "stations", "wrong"}) {
    IssueOptions options;
    options.dir = made.dir;
    options.name = name;
    INFO(name);
    CHECK(issue(options, made.clock).error().code == Code::usage);
  }
}

TEST_CASE("certs/issue: each fault is the one thing that is wrong, with its reason") {
  Made made;
  struct Row {
    Fault fault;
    pki::Reason reason;
  };
  const auto root = pki::load_certificates(made.layout.ca()).value();
  for (const Row& row : {Row{Fault::none, pki::Reason::valid},
                         {Fault::expired, pki::Reason::expired},
                         {Fault::not_yet, pki::Reason::not_yet_valid},
                         {Fault::wrong_name, pki::Reason::wrong_host_name},
                         {Fault::weak_key, pki::Reason::weak_key},
                         {Fault::sha1, pki::Reason::weak_signature},
                         {Fault::no_san, pki::Reason::wrong_host_name},
                         {Fault::wrong_eku, pki::Reason::wrong_purpose},
                         {Fault::self_signed, pki::Reason::self_signed},
                         {Fault::other_ca, pki::Reason::unknown_issuer}}) {
    IssueOptions options;
    options.dir = made.dir;
    options.name = "lesson-" + std::string(fault_text(row.fault));
    options.profile = "server";
    options.fault = row.fault;
    const auto issued = issue(options, made.clock);
    INFO(fault_text(row.fault));
    REQUIRE_MESSAGE(issued.has_value(), (issued ? "" : issued.error().what));
    pki::VerifyOptions demands;
    demands.trust = root;
    demands.at = made.clock.now();
    demands.purpose = pki::Purpose::server;
    demands.host = "localhost";
    const auto chain = pki::load_certificates(issued->files.fullchain).value();
    const auto verdict = pki::verify(chain, demands);
    CHECK_MESSAGE(verdict.reason == row.reason, verdict.sentence);
    CHECK(pki::Key::load(issued->files.key, {}).value().matches(chain[0]));
    const bool apart = issued->folder.parent_path() == made.dir / "wrong";
    CHECK(apart == (row.fault != Fault::none));
  }
}
