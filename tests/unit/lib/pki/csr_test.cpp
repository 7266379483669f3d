#include "lib/pki/csr.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lib/pki/pem.h"

using namespace wxsec;
using core::Code;
using pki::NameKind;

namespace {

// openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Evil/CN=device-7"
//   -addext subjectAltName=DNS:device-7.stations.wx.test,IP:127.0.0.1
//   -addext basicConstraints=CA:TRUE -addext keyUsage=keyCertSign
//   -addext extendedKeyUsage=serverAuth,codeSigning -addext certificatePolicies=1.2.3.4
constexpr std::string_view kOpensslRequest = R"(-----BEGIN CERTIFICATE REQUEST-----
MIIBaTCCAQ8CAQAwIjENMAsGA1UECgwERXZpbDERMA8GA1UEAwwIZGV2aWNlLTcw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQa6X8Dvdw7wYD4elPkV1031DTckmEs
lfngAyaTjHRXn5RWgJHAH5PDGSCWVVaysawkJiWeXcNkgnZz1oNDWyN1oIGKMIGH
BgkqhkiG9w0BCQ4xejB4MCoGA1UdEQQjMCGCGWRldmljZS03LnN0YXRpb25zLnd4
LnRlc3SHBH8AAAEwDAYDVR0TBAUwAwEB/zALBgNVHQ8EBAMCAgQwHQYDVR0lBBYw
FAYIKwYBBQUHAwEGCCsGAQUFBwMDMBAGA1UdIAQJMAcwBQYDKgMEMAoGCCqGSM49
BAMCA0gAMEUCIF132WOmQ3107ti+2MeRrNVSMH2LcL+SeHoCdsdMbDlmAiEA2P3f
IKFfapY/NTiuYhONeYG3QmGJAbUgaBbn+gifWno=
-----END CERTIFICATE REQUEST-----
)";

core::Bytes own_request() {
  const auto key = pki::Key::generate(pki::KeyType::ed25519).value();
  return pki::make_csr(key, "device-7", {{NameKind::dns, "device-7.wx.test"}}).value();
}

}  // namespace

TEST_CASE("pki/csr: a request of openssl is read, with every wish in it") {
  const auto csr = pki::parse_csr_text(kOpensslRequest);
  REQUIRE_MESSAGE(csr.has_value(), (csr ? "" : csr.error().what));
  CHECK(csr->proves_possession);
  CHECK(csr->subject == "O=Evil, CN=device-7");
  CHECK(csr->common_name == "device-7");
  CHECK(csr->key_kind == pki::KeyKind::ec_p256);
  CHECK(pki::key_text(*csr) == "P-256");
  CHECK(csr->signature_algorithm == "ecdsa-with-SHA256");
  REQUIRE(csr->names.size() == 2);
  CHECK(pki::to_text(csr->names[0]) == "DNS:device-7.stations.wx.test");
  CHECK(pki::to_text(csr->names[1]) == "IP:127.0.0.1");
  CHECK(csr->asks_for_ca);
  CHECK(csr->key_usage == std::vector<std::string>{"keyCertSign"});
  CHECK(csr->extended_key_usage == std::vector<std::string>{"serverAuth", "codeSigning"});
  CHECK(csr->other_extensions == std::vector<std::string>{"certificatePolicies"});
}

TEST_CASE("pki/csr: one flipped bit of the signature, or of the wishes, is no proof any more") {
  const core::Bytes whole = own_request();
  REQUIRE(pki::parse_csr(whole).value().proves_possession);
  core::Bytes signature = whole;
  signature.back() ^= 1U;
  CHECK(!pki::parse_csr(signature).value().proves_possession);
  core::Bytes wish = whole;
  const std::string_view name = "device-7.wx.test";
  const auto found = std::search(wish.begin(), wish.end(), name.begin(), name.end());
  REQUIRE(found != wish.end());
  *found = 'D';
  CHECK(!pki::parse_csr(wish).value().proves_possession);
}

TEST_CASE("pki/csr: what is made is read back, for each kind of key") {
  for (const auto type : {pki::KeyType::p256, pki::KeyType::p384, pki::KeyType::ed25519}) {
    const auto key = pki::Key::generate(type).value();
    const auto der =
        pki::make_csr(key, "web", {{NameKind::dns, "web.wx.test"}, {NameKind::ip, "::1"}});
    const auto csr = pki::parse_csr(der.value()).value();
    CHECK(csr.proves_possession);
    CHECK(csr.public_key == key.public_key());
    CHECK(csr.common_name == "web");
    REQUIRE(csr.names.size() == 2);
    CHECK(pki::to_text(csr.names[1]) == "IP:::1");
    CHECK(!csr.asks_for_ca);
    CHECK(csr.other_extensions.empty());
  }
}

TEST_CASE("pki/csr: without names and without a subject it is still a request") {
  const auto key = pki::Key::generate(pki::KeyType::p256).value();
  const auto csr = pki::parse_csr(pki::make_csr(key, "", {}).value()).value();
  CHECK(csr.proves_possession);
  CHECK(csr.subject.empty());
  CHECK(csr.names.empty());
}

TEST_CASE("pki/csr: every truncation is malformed, and so is a byte too many") {
  core::Bytes whole = own_request();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = pki::parse_csr(core::ByteView(whole).first(size));
    REQUIRE_MESSAGE(!cut, size);
    CHECK(cut.error().code == Code::malformed);
  }
  whole.push_back(0);
  const auto longer = pki::parse_csr(whole);
  REQUIRE(!longer);
  CHECK(longer.error().what == "1 surplus bytes behind the request");
}

TEST_CASE("pki/csr: a file without a request says so") {
  const auto none =
      pki::parse_csr_text("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  REQUIRE(!none);
  CHECK(none.error().code == Code::not_found);
}
