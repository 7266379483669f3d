#include "src/exchange/import.h"

#include <doctest/doctest.h>

#include "src/exchange/export.h"
#include "src/issue/issue.h"
#include "src/look/inspect.h"
#include "src/revoke/revoke.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;
using core::Code;

namespace {

struct Shelf {
  Made made;
  core::Path other = made.parent.path() / "other";  // where is imported to: knows no root
  IdentityFiles broker = made.layout.broker();

  ImportOptions options(std::vector<core::Path> files) const {
    ImportOptions out;
    out.dir = other;
    out.name = "web";
    out.files = std::move(files);
    return out;
  }
  core::Result<Imported> take(std::vector<core::Path> files) const {
    return import(options(std::move(files)), made.clock);
  }
  core::Path put(const char* name, std::string_view text) const {
    const core::Path path = made.parent.path() / name;
    REQUIRE(core::write_file_atomic(path, text, {}));
    return path;
  }
};

std::string text_of(const core::Path& path) { return core::read_file(path, 1 << 20).value(); }

}  // namespace

TEST_CASE("certs/import: any order of files becomes an identity with its chain, without the root") {
  const Shelf shelf;
  const core::Path issuing = shelf.made.layout.issuing().cert;
  const auto made =
      shelf.take({issuing, shelf.made.layout.ca(), shelf.broker.key, shelf.broker.cert});
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().what));
  CHECK(made->verdict.valid());
  CHECK(made->ends_at_root);
  REQUIRE(made->chain.size() == 2);
  CHECK(made->unused.size() == 1);  // the root
  CHECK(made->completed_from.empty());
  CHECK(mode_of(made->files.key) == 0600);
  CHECK(text_of(made->files.fullchain) == text_of(shelf.broker.fullchain));
  CHECK(text_of(made->files.key) == text_of(shelf.broker.key));
}

TEST_CASE("certs/import: what the chain lacks is found in the directory") {
  const Shelf shelf;
  ImportOptions options = shelf.options({shelf.broker.key, shelf.broker.cert});
  options.dir = shelf.made.dir;
  const auto made = import(options, shelf.made.clock).value();
  CHECK(made.chain.size() == 2);
  CHECK(made.ends_at_root);
  CHECK(made.completed_from.size() == 2);
}

TEST_CASE("certs/import: keys that are not used are told, with their file and kind") {
  const Shelf shelf;
  const core::Path api = shelf.made.layout.api().key;
  const core::Path locked = shelf.put("locked.pem",
                                      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
                                      "-----END ENCRYPTED PRIVATE KEY-----\n");
  const auto made = shelf.take({api, shelf.broker.key, shelf.broker.cert, locked}).value();
  REQUIRE(made.unused_keys.size() == 2);
  CHECK(made.unused_keys[0] == api.string() + ": a P-256 key, not the one of this certificate");
  CHECK(made.unused_keys[1].find(locked.string() + ": an encrypted key") == 0);
  CHECK(text_of(made.files.key) == text_of(shelf.broker.key));
  ImportOptions again = shelf.options({shelf.broker.key, shelf.broker.cert, shelf.broker.key});
  again.name = "once";
  CHECK(import(again, shelf.made.clock).value().unused_keys.empty());
}

TEST_CASE("certs/import: a chain that stays open is taken, and told") {
  const Shelf shelf;
  const auto made = shelf.take({shelf.broker.key, shelf.broker.cert});
  REQUIRE(made.has_value());
  CHECK(!made->ends_at_root);
  CHECK(made->chain.size() == 1);
}

TEST_CASE("certs/import: each fault has words of its own, and nothing is written [slow]") {
  const Shelf shelf;
  const core::Path api_key = shelf.made.layout.api().key;
  const core::Path locked = shelf.put("locked.pem", pki::Key::load(shelf.broker.key, {})
                                                        .value()
                                                        .to_encrypted_pem(core::Secret("geheim"))
                                                        .value()
                                                        .reveal());
  const std::string cert = text_of(shelf.broker.cert);
  const core::Path cut = shelf.put("cut.pem", cert.substr(0, cert.size() / 2));
  struct Row {
    std::vector<core::Path> files;
    Code code;
    const char* words;
  };
  const std::vector<Row> rows{
      {{}, Code::usage, "no files"},
      {{"/nonexistent/x.pem"}, Code::not_found, "/nonexistent/x.pem"},
      {{shelf.broker.cert}, Code::not_found, "no private key"},
      {{shelf.broker.key}, Code::not_found, "no certificate"},
      {{shelf.broker.cert, api_key}, Code::crypto, "belongs to none"},
      {{shelf.broker.cert, locked}, Code::crypto, "is encrypted"},
      {{cut, shelf.broker.key}, Code::malformed, "no END line"},
      {{shelf.made.layout.crl()}, Code::not_found, "no certificate"},
      {{shelf.broker.cert, shelf.broker.key, shelf.made.layout.api().cert, api_key},
       Code::unsupported,
       "two pairs"},
      {{shelf.made.layout.issuing().cert, shelf.made.layout.issuing().key},
       Code::unsupported,
       "is an authority"},
  };
  for (const Row& row : rows) {
    const auto refused = shelf.take(row.files);
    REQUIRE_MESSAGE(!refused, row.words);
    CHECK_MESSAGE(refused.error().code == row.code, row.words);
    CHECK_MESSAGE(refused.error().what.find(row.words) != std::string::npos, refused.error().what);
    CHECK(!core::path_exists(shelf.other));
  }
  ImportOptions options = shelf.options({shelf.broker.cert, locked});
  options.passphrase.secret = core::Secret("falsch");
  CHECK(import(options, shelf.made.clock).error().what.find("does not fit") != std::string::npos);
  options.passphrase.secret = core::Secret("geheim");
  CHECK(import(options, shelf.made.clock).has_value());
}

TEST_CASE("certs/import: an expired certificate is refused by its date") {
  const Shelf shelf;
  const auto late = clock_at("2026-05-01T00:00:00Z");
  const auto refused = import(shelf.options({shelf.broker.cert, shelf.broker.key}), late);
  REQUIRE(!refused);
  CHECK(refused.error().what.find("expired") != std::string::npos);
}

TEST_CASE("certs/import: a taken name stays; a replacement is a generation") {
  const Shelf shelf;
  REQUIRE(shelf.take({shelf.broker.cert, shelf.broker.key}));
  CHECK(shelf.take({shelf.broker.cert, shelf.broker.key}).error().code == Code::exists);
  ImportOptions options = shelf.options({shelf.broker.cert, shelf.broker.key});
  options.if_exists = IfExists::new_generation;
  CHECK(import(options, shelf.made.clock).value().generation.filename() == "0002");
  options.name = "issuing";
  CHECK(import(options, shelf.made.clock).error().code == Code::usage);
}

TEST_CASE("certs/export: PKCS#12 comes back by import; DER and headers hold what a device needs") {
  const Shelf shelf;
  ExportOptions options;
  options.dir = shelf.made.dir;
  options.name = "broker";
  options.out = shelf.made.parent.path() / "broker.p12";
  CHECK(export_identity(options).error().code == Code::usage);  // no passphrase
  CHECK(!core::path_exists(options.out));
  options.passphrase.secret = core::Secret("geheim");
  options.protection = pki::Pkcs12Protection::weak_3des_sha1;  // quick
  const auto made = export_identity(options);
  REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().what));
  CHECK(mode_of(options.out) == 0600);
  CHECK(!made->key_in_clear);
  CHECK(export_identity(options).error().code == Code::exists);
  ImportOptions back = shelf.options({options.out});
  back.passphrase.secret = core::Secret("geheim");
  const auto imported = import(back, shelf.made.clock).value();
  CHECK(imported.chain.size() == 2);
  CHECK(imported.ends_at_root);

  options.format = ExportFormat::der;
  options.out = shelf.made.parent.path() / "der";
  const auto der = export_identity(options).value();
  CHECK(der.files.size() == 4);
  CHECK(der.key_in_clear);
  CHECK(mode_of(options.out / "key.der") == 0600);
  CHECK(import(shelf.options({options.out / "key.der"}), shelf.made.clock)
            .error()
            .what.find("no certificate") != std::string::npos);
}

TEST_CASE(
    "certs/export: a header is made of literals alone, whatever the names in the certificate") {
  const Shelf shelf;
  const auto chain = pki::load_certificates(shelf.broker.fullchain).value();
  const auto roots = pki::load_certificates(shelf.made.layout.ca()).value();
  const core::Secret with_key = c_header("my-broker", roots, chain, core::Secret("KEY\n"));
  const std::string text(with_key.reveal());
  CHECK(text.find("#ifndef WXSEC_MY_BROKER_H") != std::string::npos);
  CHECK(text.find("static const char wxsec_key[] =\n  \"KEY\\n\";") != std::string::npos);
  CHECK(text.find("WX.test") == std::string::npos);
  const core::Secret without = c_header("my-broker", roots, chain, {});
  CHECK(without.reveal().find("wxsec_key[]") == std::string_view::npos);
}

TEST_CASE("certs/inspect: a directory shows each file, also those that cannot be read") {
  const Shelf shelf;
  InspectOptions options;
  options.target = shelf.made.dir.string();
  const auto all = inspect_directory(options, shelf.made.clock).value();
  CHECK(all.size() == 9);  // ca, crl, root, issuing, broker, api, operator, ingest, one station
  for (const InspectedFile& file : all) {
    REQUIRE_MESSAGE(file.seen.has_value(), file.path);
    CHECK_MESSAGE(file.seen->verdict.valid(), file.path);
  }
  const core::Path heap = shelf.made.parent.path() / "heap";
  REQUIRE(core::make_directories(heap, 0755));
  REQUIRE(core::write_file_atomic(heap / "bad.pem", "nothing", {}));
  REQUIRE(core::write_file_atomic(heap / "good.crt", text_of(shelf.broker.cert), {}));
  options.target = heap.string();
  const auto two = inspect_directory(options, shelf.made.clock).value();
  REQUIRE(two.size() == 2);
  CHECK(!two[0].seen);
  CHECK(two[1].seen.has_value());
}

namespace {

void revoke_broker(const Shelf& shelf) {
  RevokeOptions options;
  options.dir = shelf.made.dir;
  options.name = "broker";
  REQUIRE(revoke(options, shelf.made.clock, {}).has_value());
}

}  // namespace

TEST_CASE("certs/import: a pair that was revoked here, and one that signed itself, are not fine") {
  const Shelf shelf;
  ImportOptions options = shelf.options({shelf.broker.key, shelf.broker.cert});
  options.dir = shelf.made.dir;
  options.name = "spare";
  const auto twin = import(options, shelf.made.clock).value();
  CHECK(twin.verdict.valid());
  CHECK(twin.same_key == std::vector<std::string>{"broker"});
  CHECK(twin.same_certificate == std::vector<std::string>{"broker"});
  revoke_broker(shelf);
  options.name = "late";
  CHECK(import(options, shelf.made.clock).value().verdict.reason == pki::Reason::revoked);
  IssueOptions lone;
  lone.dir = shelf.made.dir;
  lone.name = "lone";
  lone.profile = "server";
  lone.fault = Fault::self_signed;
  const auto made = issue(lone, shelf.made.clock).value();
  options.name = "lone";
  options.files = {made.files.key, made.files.cert};
  CHECK(import(options, shelf.made.clock).value().verdict.reason == pki::Reason::self_signed);
}

TEST_CASE("certs/import: whoever renewed what is replaced is dismissed") {
  const Shelf shelf;
  ImportOptions options = shelf.options({shelf.broker.key, shelf.broker.cert});
  REQUIRE(import(options, shelf.made.clock).has_value());
  REQUIRE(core::write_file_atomic(shelf.other / "web" / "acme.json", "{}", {}));
  options.if_exists = IfExists::new_generation;
  CHECK(import(options, shelf.made.clock).value().dismissed.size() == 1);
  CHECK_FALSE(core::path_exists(shelf.other / "web" / "acme.json"));
  CHECK(core::path_exists(shelf.other / "web" / "acme.json.replaced"));
  IssueOptions own;
  own.dir = shelf.made.dir;
  own.name = "broker";
  own.profile = "server";
  own.if_exists = IfExists::new_generation;
  const core::Path settings = shelf.made.layout.identity("broker") / "acme.json";
  REQUIRE(core::write_file_atomic(settings, "{}", {}));
  CHECK(issue(own, shelf.made.clock).value().dismissed.size() == 1);
  CHECK_FALSE(core::path_exists(settings));
}

TEST_CASE("certs/export: a revoked identity is told of") {
  const Shelf shelf;
  ExportOptions options;
  options.dir = shelf.made.dir;
  options.name = "broker";
  options.format = ExportFormat::c_header;
  options.out = shelf.made.parent.path() / "a.h";
  CHECK_FALSE(export_identity(options).value().revoked);
  revoke_broker(shelf);
  options.out = shelf.made.parent.path() / "b.h";
  CHECK(export_identity(options).value().revoked);
}

TEST_CASE("certs/inspect: a directory that is named makes strangers of all others") {
  const Shelf shelf;
  const Made stranger;
  InspectOptions options;
  options.target = stranger.layout.broker().fullchain.string();
  options.dir = shelf.made.dir;
  CHECK(inspect(options, shelf.made.clock).value().verdict.valid());
  options.dir_asked_for = true;
  const auto seen = inspect(options, shelf.made.clock).value();
  CHECK(seen.verdict.reason == pki::Reason::unknown_issuer);
  CHECK(seen.trust_known);
}
