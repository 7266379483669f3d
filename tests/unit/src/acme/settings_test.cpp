#include "src/acme/settings.h"

#include <doctest/doctest.h>

#include "src/acme/account.h"
#include "src/acme/certbot.h"
#include "src/acme/obtain.h"

using namespace wxsec;
using namespace wxsec::acme;

TEST_CASE("acme/settings: what is saved comes back") {
  const auto dir = core::TempDirectory::create("acme").value();
  Settings out;
  out.server = "https://ca.test/dir";
  out.ca_file = "/etc/ca.pem";
  out.domains = {"a.wx.test", "b.wx.test"};
  out.challenge = ChallengeKind::tls_alpn_01;
  out.webroot = "/var/www";
  out.address = "192.0.2.1";
  out.port = 8443;
  out.profile = "shortlived";
  out.preferred_chain = "Some Root";
  out.key = pki::KeyType::rsa3072;
  out.keep_key = true;
  out.contacts = {"a@wx.test"};
  out.reloads = {"command:/bin/true a b"};
  out.verifies = {"mqtts://localhost:8883"};
  out.pending = "0003";
  REQUIRE(save_settings(dir.path(), out));
  CHECK(load_settings(dir.path()).value() == out);
}

TEST_CASE("acme/settings: a damaged file is told, whatever is in it") {
  const auto dir = core::TempDirectory::create("acme").value();
  CHECK(load_settings(dir.path()).error().code == core::Code::not_found);
  for (
      const char* text :
      {"", "{", "[]", "{}", R"({"server":"x","domains":[],"challenge":"http-01"})",
       R"({"server":"https://x/","domains":["a"],"challenge":"http-01","key":"P-256","port":70000})",
       R"({"server":"https://x/","domains":["a"],"challenge":"dns-01","key":"P-256","port":80})",
       R"({"server":"https://x/","domains":["a"],"challenge":"http-01","key":"Ed25519","port":80})"}) {
    REQUIRE(core::write_file_atomic(dir.path() / kSettingsFile, text, {}));
    CHECK(load_settings(dir.path()).error().code == core::Code::malformed);
  }
}

TEST_CASE("acme/names: lower case, each once, the first names the folder") {
  const Names names = usual_names("", {"Broker.WX.test", "broker.wx.test", "api.wx.test"}).value();
  CHECK(names.identity == "broker.wx.test");
  CHECK(names.domains == std::vector<std::string>{"broker.wx.test", "api.wx.test"});
  CHECK(usual_names("broker", {"a.wx.test"})->identity == "broker");
  for (const char* wrong :
       {"*.wx.test", "127.0.0.1", "::1", "a b", "", "x/../y", "a@b", "https://x"})
    CHECK(usual_names("", {wrong}).error().code == core::Code::usage);
  for (const char* wrong : {"root", "issuing", "acme", "../x", ".x"})
    CHECK(usual_names(wrong, {"a.wx.test"}).error().code == core::Code::usage);
  CHECK(usual_names("", {}).error().code == core::Code::usage);
  CHECK(usual_names("", std::vector<std::string>(5, "a.wx.test"))->domains.size() == 1);
}

TEST_CASE("acme/account: each server has a folder of its own, whatever its URL is") {
  CHECK(account_folder("d", "https://ca.test:14000/dir") == core::Path("d/acme/ca.test_14000_dir"));
  CHECK(account_folder("d", kStaging) != account_folder("d", kProduction));
  CHECK(account_folder("d", "https://../../etc").parent_path() == core::Path("d/acme"));
  CHECK(account_folder("d", "https://" + std::string(500, 'x')).filename().string().size() == 120);
}

TEST_CASE("acme/certbot: the plan names the server, the hook, and quotes for the shell") {
  CertbotOptions options;
  options.domains = {"a.wx.test"};
  options.server = "https://ca.test/dir";
  options.ca_file = "/tmp/ca file.pem";
  options.program = "/usr/bin/wxsec";
  options.hook.dir = "/srv/it's here";
  options.hook.group = "mosquitto";
  options.hook.reloads = {"command:/bin/sh -c x;y"};
  const CertbotPlan plan = plan_certbot(options).value();
  CHECK(plan.name == "a.wx.test");
  CHECK(plan.hook == R"(/usr/bin/wxsec certs acme hook --dir '/srv/it'\''s here' --group mosquitto)"
                     R"( --reload 'command:/bin/sh -c x;y')");
  const std::string issue = plan.issue.shell();
  CHECK(issue.starts_with("REQUESTS_CA_BUNDLE='/tmp/ca file.pem' certbot certonly"));
  CHECK(issue.find("--standalone") != std::string::npos);
  // certbot forgets the server when it rehearses.
  CHECK(plan.rehearse.shell().find("--dry-run --server https://ca.test/dir") != std::string::npos);
  options.hook.reloads = {"pidfile:run/x.pid"};  // certbot's timer has another directory
  CHECK(plan_certbot(options)->hook.find("pidfile:" + std::filesystem::current_path().string()) !=
        std::string::npos);
  options.program = "/opt/my tools/wxsec";
  CHECK(plan_certbot(options).error().code == core::Code::usage);
}

TEST_CASE("acme/certbot: renew_before_expiry stands once, before the first section") {
  const std::string mended = "a = 1\nrenew_before_expiry = 72 hours\n[renewalparams]\nb = 2\n";
  CHECK(with_renew_before("a = 1\n[renewalparams]\nb = 2\n", "72 hours") == mended);
  CHECK(with_renew_before(mended, "72 hours") == mended);
  CHECK(with_renew_before("a = 1\nrenew_before_expiry = 30 days\n[renewalparams]\nb = 2\n",
                          "72 hours") == mended);
  // The template's comment stays a comment, and a key of the section is another one.
  CHECK(
      with_renew_before("# renew_before_expiry = 30 days\n[renewalparams]\nrenew_before_expiry = x",
                        "1 hours") ==
      "# renew_before_expiry = 30 days\nrenew_before_expiry = 1 hours\n[renewalparams]\n"
      "renew_before_expiry = x");
  CHECK(with_renew_before("", "1 hours") == "renew_before_expiry = 1 hours\n");
}
