#include "src/look/check_file.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "lib/pki/key.h"
#include "lib/pki/pkcs12.h"
#include "tests/support/fast_directory.h"

using namespace wxsec;
using namespace wxsec::certs;
using namespace wxsec::certs::test;

namespace {

CheckItem only(const Made& made, const core::Path& target) {
  FileChecker checker(load_trust({}, made.dir).value(), FileChecker::Strangers::as_judged, {},
                      made.clock.now());
  std::vector<CheckItem> items;
  checker.check(target, target.string(), LoneKeys::report, items);
  REQUIRE(items.size() == 1);
  return items[0];
}

}  // namespace

TEST_CASE("certs/check_file: of a PKCS#12 file it says what to do with it") {
  Made made;
  const core::Path file = made.parent.path() / "my pair.p12";
  const auto key = pki::Key::load(made.layout.broker().key, {}).value();
  const auto bytes =
      pki::make_pkcs12(key, {leaf_of(made.layout.broker().cert)}, "broker", core::Secret("geheim"),
                       pki::Pkcs12Protection::weak_3des_sha1);
  REQUIRE(core::write_file_new(file, bytes.value().reveal(), {}).has_value());
  const auto item = only(made, file);
  CHECK(item.state == CheckState::unreadable);
  CHECK(item.sentence.find("PKCS#12") != std::string::npos);
  CHECK(item.hint.find("wxsec certs inspect '" + file.string() + "'") != std::string::npos);
  CHECK(item.hint.find("wxsec certs import IDENTITY '") != std::string::npos);
}

TEST_CASE("certs/check_file: what OpenSSL says stands behind a sentence, with a remedy") {
  Made made;
  const core::Path file = made.parent.path() / "junk.pem";
  for (const std::string_view label : {"CERTIFICATE", "PRIVATE KEY", "X509 CRL"}) {
    const std::string text = fmt::format("-----BEGIN {0}-----\nAAAA\n-----END {0}-----\n", label);
    REQUIRE(core::write_file_atomic(file, text, {}).has_value());
    const auto item = only(made, file);
    INFO(item.sentence);
    CHECK(item.state == CheckState::broken);
    CHECK(item.sentence.find("(OpenSSL: ") != std::string::npos);
    CHECK_FALSE(item.hint.empty());
  }
}
