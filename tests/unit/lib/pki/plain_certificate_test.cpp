#include "lib/pki/plain_certificate.h"

#include <array>

#include "lib/pki/openssl_ptr.h"
#include "tests/unit/lib/pki/tiny_ca.h"

using namespace wxsec;
using namespace wxsec::pki;
using namespace wxsec::pki::test;

namespace {

// What OpenSSL says, or nothing where it is no certificate or more than one.
std::optional<Certificate> by_openssl(core::ByteView der) {
  const unsigned char* at = der.data();
  const X509Ptr parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  drain_errors();
  if (!parsed || at != der.data() + der.size()) return std::nullopt;
  return view_of(parsed.get());
}

// Where the short way answers, its answer is OpenSSL's.
bool agree(core::ByteView der) {
  const auto plain = read_plain_certificate(der);
  return !plain || plain == by_openssl(der);
}

CertificateSpec all_names() {
  CertificateSpec spec = TinyCa::server();
  spec.client = true;
  spec.organization = "Weather Net 7";
  spec.names = {{NameKind::dns, "*.wx.test"},
                {NameKind::ip, "192.0.2.7"},
                {NameKind::ip, "2001:db8::7"},
                {NameKind::uri, "urn:wx:station:7"},
                {NameKind::email, "ops@wx.test"}};
  return spec;
}

}  // namespace

TEST_CASE(
    "pki/plain_certificate: says of every kind of key and authority what OpenSSL says [slow]") {
  for (const KeyType type : {KeyType::p256, KeyType::p384, KeyType::ed25519, KeyType::rsa2048}) {
    const TinyCa ca = TinyCa::make(type == KeyType::rsa2048 ? KeyType::p256 : type);
    const auto leaf = ca.leaf(all_names(), type).front();
    for (const Certificate& one : {ca.root, ca.issuing, leaf}) {
      const auto plain = read_plain_certificate(one.der);
      REQUIRE_MESSAGE(plain.has_value(), one.subject);
      CHECK(*plain == by_openssl(one.der));
    }
  }
}

TEST_CASE("pki/plain_certificate: a byte changed anywhere never makes the two disagree [slow]") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  for (const core::Bytes& good : {ca.issuing.der, ca.leaf(all_names()).front().der}) {
    std::size_t answered = 0;
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (const unsigned change : {0x01U, 0x80U, 0x20U}) {
        core::Bytes changed = good;
        changed[i] = static_cast<std::uint8_t>(changed[i] ^ change);
        answered += read_plain_certificate(changed) ? 1U : 0U;
        INFO("byte " << i << " xor " << change);
        CHECK(agree(changed));
      }
    }
    CHECK(answered > good.size() / 4);  // signature, serial, key identifiers, letters of names
  }
}

TEST_CASE("pki/plain_certificate: every truncation, and anything behind, is no certificate") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  core::Bytes der = ca.issuing.der;
  for (std::size_t size = 0; size < der.size(); ++size)
    CHECK_FALSE(read_plain_certificate(core::ByteView(der).first(size)).has_value());
  der.push_back(0);
  CHECK_FALSE(read_plain_certificate(der).has_value());
}

TEST_CASE("pki/plain_certificate: times up to and across 2050") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  for (const char* end : {"2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "2096-02-29T12:00:00Z"}) {
    CertificateSpec spec = TinyCa::server();
    spec.not_after = at(end);
    const auto leaf = ca.leaf(spec).front();
    CHECK(leaf.not_after == at(end));
    CHECK(read_plain_certificate(leaf.der) == by_openssl(leaf.der));
  }
}

TEST_CASE("pki/plain_certificate: what is unusual is left to OpenSSL") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  CertificateSpec spec = TinyCa::server();
  for (const char* name : {"two  blanks", "a,b", "#hash", "Zürich", "x=y"}) {
    spec.common_name = name;
    const auto leaf = ca.leaf(spec).front();
    CHECK_FALSE(read_plain_certificate(leaf.der).has_value());
    CHECK(leaf == by_openssl(leaf.der));
  }
  spec = TinyCa::server();
  spec.digest = Digest::sha1;
  CHECK_FALSE(read_plain_certificate(ca.leaf(spec).front().der).has_value());
}
