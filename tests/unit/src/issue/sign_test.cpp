#include "src/issue/sign.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/pki/pem.h"
#include "src/certs/generations.h"
#include "src/look/check.h"
#include "src/renew/renew.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;
using pki::NameKind;

namespace {

struct Asker {
  Made made;
  pki::Key key = pki::Key::generate(pki::KeyType::p256).value();

  SignOptions request(std::string_view common_name,
                      const std::vector<pki::AlternativeName>& names) const {
    SignOptions options;
    options.dir = made.dir;
    options.csr = made.parent.path() / "request.csr";
    const auto der = pki::make_csr(key, common_name, names).value();
    REQUIRE(core::write_file_atomic(options.csr, pki::encode_pem("CERTIFICATE REQUEST", der), {}));
    return options;
  }
  core::Result<Signed> answer(const SignOptions& options) const {
    return sign(options, made.clock);
  }
};

bool was_dropped(const Signed& made, std::string_view what) {
  return std::any_of(made.dropped.begin(), made.dropped.end(),
                     [&](const Dropped& wish) { return wish.what == what && !wish.why.empty(); });
}

}  // namespace

TEST_CASE("certs/sign: a station's request becomes an identity without a private key") {
  const Asker asker;
  const auto made =
      asker.answer(asker.request("device-7", {{NameKind::dns, "device-7.stations.wx.test"}}));
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().what));
  CHECK(made->folder == asker.made.dir / "stations" / "device-7");
  CHECK(made->dropped.empty());
  CHECK(!made->names_by_profile);
  CHECK(asker.key.matches(made->certificate));
  CHECK(made->certificate.extended_key_usage == std::vector<std::string>{"clientAuth"});
  const IdentityFiles files = files_in(made->generation);
  CHECK(!core::path_exists(files.key));
  CHECK(pki::load_certificates(files.fullchain).value().size() == 2);
}

TEST_CASE("certs/sign: names are kept as far as constraints and profile go") {
  const Asker asker;
  const std::vector<pki::AlternativeName> wishes{
      {NameKind::dns, "Web.WX.test"},      {NameKind::dns, "*.wx.test"},
      {NameKind::ip, "127.0.0.9"},         {NameKind::ip, "8.8.8.8"},
      {NameKind::dns, "bank.example.com"}, {NameKind::dns, "a b"},
      {NameKind::dns, "web.wx.test"}};
  SignOptions options = asker.request("web", wishes);
  options.profile = "server";
  const auto server = asker.answer(options).value();
  REQUIRE(server.certificate.names.size() == 3);
  CHECK(pki::to_text(server.certificate.names[0]) == "DNS:web.wx.test");
  CHECK(pki::to_text(server.certificate.names[1]) == "DNS:*.wx.test");
  CHECK(pki::to_text(server.certificate.names[2]) == "IP:127.0.0.9");
  for (const char* refused : {"IP:8.8.8.8", "DNS:bank.example.com", "DNS:a b"})
    CHECK_MESSAGE(was_dropped(server, refused), refused);
  CHECK(server.dropped.size() == 3);

  options.profile = "client";
  options.name = "person";
  const auto client = asker.answer(options).value();
  REQUIRE(client.certificate.names.size() == 1);
  CHECK(was_dropped(client, "DNS:*.wx.test"));
  CHECK(was_dropped(client, "IP:127.0.0.9"));
  CHECK(was_dropped(client, "subject CN=web"));
}

TEST_CASE("certs/sign: where no name can be granted the profile names it") {
  const Asker asker;
  const auto made = asker.answer(asker.request("device-7", {{NameKind::dns, "x.example.com"}}));
  CHECK(made.value().names_by_profile);
  CHECK(pki::to_text(made.value().certificate.names.at(0)) == "DNS:device-7.stations.wx.test");
}

TEST_CASE("certs/sign: nobody becomes operator or broker by calling himself so") {
  const Asker asker;
  for (const char* name : {"operator", "broker", "issuing", "root", "../../etc", ""}) {
    const auto refused = asker.answer(asker.request(name, {}));
    REQUIRE_MESSAGE(!refused, name);
    CHECK(refused.error().code == Code::usage);
  }
  SignOptions options = asker.request("operator", {});
  options.name = "operator";  // the signer says so: then it is only in the way of the old one
  CHECK(asker.answer(options).error().code == Code::exists);
  options.name = "issuing";
  CHECK(asker.answer(options).error().code == Code::usage);
}

TEST_CASE("certs/sign: a request without proof of possession is refused") {
  const Asker asker;
  const SignOptions options = asker.request("device-7", {});
  core::Bytes der = pki::load_csr(options.csr).value().der;
  der.back() ^= 1U;
  REQUIRE(core::write_file_atomic(options.csr, core::as_text(der), {}));
  const auto refused = asker.answer(options);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::crypto);
  CHECK(refused.error().what.find("not signed with the key") != std::string::npos);
}

TEST_CASE("certs/sign: more names than anybody needs are refused") {
  const Asker asker;
  std::vector<pki::AlternativeName> names;
  for (int i = 0; i < 101; ++i)
    names.push_back({NameKind::dns, "n" + std::to_string(i) + ".wx.test"});
  CHECK(asker.answer(asker.request("device-7", names)).error().code == Code::too_large);
  names.pop_back();
  CHECK(asker.answer(asker.request("device-7", names)).value().certificate.names.size() == 100);
}

TEST_CASE("certs/sign: a profile for authorities or for lessons is refused") {
  const Asker asker;
  SignOptions options = asker.request("device-7", {});
  for (const char* profile : {"issuing", "root", "expired", "ca-true", "no-such-profile"}) {
    options.profile = profile;
    const auto refused = asker.answer(options);
    REQUIRE_MESSAGE(!refused, profile);
    CHECK(refused.error().code == Code::usage);
  }
}

TEST_CASE("certs/sign: a name that is taken stays, unless it is to be replaced") {
  const Asker asker;
  SignOptions options = asker.request("device-7", {});
  const auto first = asker.answer(options).value();
  const auto second = asker.answer(options);
  REQUIRE(!second);
  CHECK(second.error().code == Code::exists);
  options.if_exists = IfExists::new_generation;
  const auto third = asker.answer(options).value();
  CHECK(third.generation.filename() == "0002");
  CHECK(third.certificate.serial != first.certificate.serial);
}

TEST_CASE("certs/sign: a station's name is taken for people and servers, too") {
  const Asker asker;
  SignOptions options = asker.request("station-0001", {});
  for (const char* profile : {"client", "both", "server", "station"}) {
    options.profile = profile;
    const auto refused = asker.answer(options);
    REQUIRE_MESSAGE(!refused, profile);
    CHECK(refused.error().code == Code::exists);
  }
  CHECK(!core::path_exists(asker.made.dir / "station-0001"));
}

TEST_CASE(
    "certs/sign: where no DNS name is asked for, a server's common name is one, and that is told") {
  const Asker asker;
  SignOptions options = asker.request("web", {{NameKind::ip, "127.0.0.9"}});
  options.profile = "server";
  const auto made = asker.answer(options).value();
  REQUIRE(made.certificate.names.size() == 1);
  CHECK(pki::to_text(made.certificate.names[0]) == "IP:127.0.0.9");
  CHECK(made.certificate.common_name == "web.wx.test");
  CHECK(was_dropped(made, "subject CN=web"));
}

TEST_CASE("certs/sign: into a file, no identity is made, and no file overwritten") {
  const Asker asker;
  SignOptions options = asker.request("device-7", {});
  options.out = asker.made.parent.path() / "device-7.pem";
  const auto made = asker.answer(options).value();
  CHECK(made.folder.empty());
  CHECK(pki::load_certificates(options.out).value().size() == 2);
  CHECK(!core::path_exists(asker.made.layout.identity("device-7")));
  CHECK(asker.answer(options).error().code == Code::exists);
}

TEST_CASE("certs/sign: an identity without a key is fine for check; renew says who has the key") {
  const Asker asker;
  REQUIRE(asker.answer(asker.request("device-7", {})));
  CheckOptions look;
  look.targets = {asker.made.dir.string()};
  CHECK(check(look, asker.made.clock).value().worst() == CheckState::fine);
  RenewOptions options;
  options.dir = asker.made.dir;
  CHECK(renew(options, asker.made.clock, {}).value().ok());  // not due: nothing to say
  options.force = true;
  const auto report = renew(options, asker.made.clock, {}).value();
  CHECK(!report.ok());
  for (const RenewItem& item : report.items) {
    if (item.name != "device-7") {
      CHECK(item.state == RenewState::renewed);
      continue;
    }
    CHECK(item.state == RenewState::failed);
    REQUIRE(item.error.has_value());
    CHECK(item.error->what.find("whoever made the signing request keeps it") != std::string::npos);
  }
  CHECK(generations_in(asker.made.layout.identity("device-7")).size() == 1);
}
