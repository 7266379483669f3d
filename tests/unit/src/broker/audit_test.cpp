#include "src/broker/audit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "lib/core/file.h"
#include "src/broker/conf_file.h"
#include "src/report/catalogue.h"

using namespace wxsec;
namespace id = report::id;

namespace {

// A file with nothing wrong; each test breaks one thing.
const std::string kGlobal =
    "allow_anonymous false\nacl_file /b/acl\nmax_packet_size 16384\nmemory_limit 67108864\n";
const std::string kListener =
    "listener 8883 127.0.0.1\ncertfile /c\nkeyfile /k\ncafile /a\ncrlfile /r\n"
    "require_certificate true\n";

std::vector<std::string> ids(const std::string& text,
                             const std::optional<std::vector<broker::Listener>>& listening = {}) {
  std::vector<std::string> out;
  for (const auto& finding : broker::audit(broker::parse_conf(text, "m.conf"), listening))
    out.push_back(finding.id);
  return out;
}
using Ids = std::vector<std::string>;
Ids only(std::string_view which) { return {std::string(which)}; }

}  // namespace

TEST_CASE("broker/audit: a hardened file has no finding, and the one that we write has none") {
  CHECK(ids(kGlobal + kListener).empty());
  broker::Settings settings;
  settings.files = {"/c/ca.pem", "/c/full.pem", "/c/key.pem", "/c/crl.pem"};
  settings.user = "root";
  const auto text = broker::conf_text(settings, broker::config_files("/b"));
  REQUIRE(text);
  CHECK(ids(*text) == only(id::kBrokerAsRoot));
}

TEST_CASE("broker/audit: each fault is found alone, by its id") {
  CHECK(ids("max_connections 5\n" + kGlobal + kListener) == only(id::kUnnoticedListener));
  CHECK(ids(kGlobal + kListener + "listener 1883\n") == only(id::kPlainMqttServed));
  CHECK(ids(kGlobal + "listener 8883\ncertfile /c\nkeyfile /k\n") ==
        only(id::kNoClientCertificate));
  CHECK(ids(kGlobal + "listener 8883\ncertfile /c\nkeyfile /k\nrequire_certificate true\n") ==
        only(id::kNoCrl));
  CHECK(ids(kGlobal + kListener + "protocol websockets\n") == only(id::kWebsocketEverywhere));
  CHECK(ids("allow_anonymous true\n" + kGlobal + kListener) == only(id::kAnonymousClients));
  CHECK(ids("user root\n" + kGlobal + kListener) == only(id::kBrokerAsRoot));
  CHECK(ids("max_packet_size 1\nmemory_limit 1\n" + kListener) == only(id::kNoAcl));
  CHECK(ids("acl_file /b/acl\n" + kListener) == only(id::kNoLimits));
}

TEST_CASE("broker/audit: the line is named, comments and indentation do not matter") {
  const auto findings = broker::audit(
      broker::parse_conf("# a comment\n\n  allow_anonymous\ttrue\r\n" + kGlobal + kListener,
                         "m.conf"),
      {});
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().where == "m.conf:3");
  CHECK(findings.front().recheck == "wxsec broker check --conf m.conf");
}

TEST_CASE("broker/audit: the remedy names the certificate directory that the broker serves from") {
  const auto remedy = [](const core::Path& ca) {
    const auto findings = broker::audit(
        broker::parse_conf(kGlobal + "listener 8883\ncertfile /c\nkeyfile /k\ncafile " +
                               ca.string() + "\nrequire_certificate true\n",
                           "m.conf"),
        {});
    return findings.size() == 1 ? findings.front().remedy : std::string();
  };
  const auto dir = core::TempDirectory::create("wxsec-audit-");
  REQUIRE(dir);
  std::filesystem::create_directories(dir->path() / "issuing" / "0001");
  std::filesystem::create_directory_symlink("0001", dir->path() / "issuing" / "current");
  const std::string crl = (dir->path() / "crl.pem").string();
  CHECK(remedy(dir->path() / "ca.pem").find("`crlfile " + crl + "`") != std::string::npos);
  CHECK(remedy("/elsewhere/ca.pem").find("DIR is the certificate directory") != std::string::npos);
}

TEST_CASE("broker/audit: a plaintext listener on loopback weighs less than one for everybody") {
  const auto open = broker::audit(broker::parse_conf(kGlobal + "listener 1883\n", "m.conf"), {});
  const auto local =
      broker::audit(broker::parse_conf(kGlobal + "listener 1883 127.0.0.1\n", "m.conf"), {});
  REQUIRE(open.size() == 1);
  REQUIRE(local.size() == 1);
  CHECK(local.front().severity < open.front().severity);
}

TEST_CASE("broker/audit: what the kernel shows and the file does not name is a finding") {
  const std::vector<broker::Listener> bound{{"127.0.0.1", 8883}, {"0.0.0.0", 1883}};
  CHECK(ids(kGlobal + kListener, bound) == only(id::kUnnoticedListener));
  CHECK(ids(kGlobal + kListener, std::vector<broker::Listener>{{"127.0.0.1", 8883}}).empty());
}

TEST_CASE("broker/audit: unhashed passwords are counted, never repeated") {
  const auto temp = core::TempDirectory::create("wxsec-audit-");
  REQUIRE(temp);
  const core::Path file = temp->path() / "passwords";
  REQUIRE(core::write_file_atomic(file, "a:$7$101$x$y\nbob:sesame\n", {.mode = 0600}));
  const auto findings = broker::audit(
      broker::parse_conf("password_file " + file.string() + "\n" + kGlobal + kListener, "m.conf"),
      {});
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().id == id::kPasswordFilePlain);
  CHECK(findings.front().evidence == std::vector<std::string>{"1 entries are not hashed"});
}

TEST_CASE("broker/audit: include_dir is followed in order") {
  const auto temp = core::TempDirectory::create("wxsec-audit-");
  REQUIRE(temp);
  REQUIRE(core::write_file_atomic(temp->path() / "b.conf", "listener 1883\n", {}));
  REQUIRE(core::write_file_atomic(temp->path() / "a.conf", "user root\n", {}));
  REQUIRE(core::write_file_atomic(temp->path() / "c.txt", "rubbish\n", {}));
  const core::Path main = temp->path() / "m";
  REQUIRE(core::write_file_atomic(main, "include_dir " + temp->path().string() + "\n", {}));
  const auto lines = broker::read_conf(main);
  REQUIRE(lines);
  REQUIRE(lines->size() == 2);
  CHECK(lines->front().name == "user");
  CHECK(lines->back().name == "listener");
}
