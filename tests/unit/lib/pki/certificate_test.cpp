#include "lib/pki/certificate.h"

#include <doctest/doctest.h>

#include "tests/unit/lib/pki/tiny_ca.h"

using namespace wxsec::pki;
using namespace wxsec::pki::test;

TEST_CASE("pki/certificate: every field of the spec comes back") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  const Certificate leaf = ca.leaf(TinyCa::server()).front();
  CHECK(leaf.version == 3);
  CHECK(leaf.subject == "CN=broker");
  CHECK(leaf.issuer == "O=wxsec test, CN=Test Issuing");
  CHECK(leaf.common_name == "broker");
  CHECK(leaf.issuer_common_name == "Test Issuing");
  CHECK(leaf.not_before == kStart);
  CHECK(leaf.not_after == at("2026-04-01T00:00:00Z"));
  CHECK(leaf.names == TinyCa::server().names);
  CHECK_FALSE(leaf.names_critical);
  CHECK(leaf.key_kind == KeyKind::ec_p256);
  CHECK(key_text(leaf) == "P-256");
  CHECK(leaf.key_bits == 256);
  CHECK(leaf.signature_algorithm == "ecdsa-with-SHA256");
  CHECK(leaf.has_basic_constraints);
  CHECK(leaf.basic_constraints_critical);
  CHECK_FALSE(leaf.is_ca);
  CHECK(leaf.key_usage == std::vector<std::string>{"digitalSignature"});
  CHECK(leaf.key_usage_critical);
  CHECK(leaf.extended_key_usage == std::vector<std::string>{"serverAuth"});
  CHECK(leaf.authority_key_id == ca.issuing.subject_key_id);
  CHECK(leaf.subject_key_id.size() == 40);
  CHECK(leaf.sha256.size() == 64);
  CHECK(leaf.serial.size() == 32);
  CHECK(leaf.serial[0] >= '4');
  CHECK(leaf.serial[0] <= '7');
  CHECK_FALSE(leaf.self_issued);
  CHECK(ca.root.self_issued);
  CHECK(ca.root.path_length == 1);
  CHECK(ca.issuing.path_length == 0);
  CHECK(ca.issuing.constraints == TinyCa::authority("").constraints);
  CHECK(ca.issuing.key_usage == std::vector<std::string>{"keyCertSign", "cRLSign"});
}

TEST_CASE(
    "pki/certificate: PEM goes out and comes back, around noise, CRLF and a byte order mark") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  const std::string pem = to_pem(std::vector<Certificate>{ca.issuing, ca.root});
  std::string crlf = "\xEF\xBB\xBFsome text\r\n";
  for (const char c : pem) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto back = parse_certificates(crlf).value();
  REQUIRE(back.size() == 2);
  CHECK(back[0].der == ca.issuing.der);
  CHECK(back[1].sha256 == ca.root.sha256);
  const std::string der(reinterpret_cast<const char*>(ca.root.der.data()), ca.root.der.size());
  CHECK(parse_certificates(der).value()[0].sha256 == ca.root.sha256);
}

TEST_CASE("pki/certificate: no truncation of DER is taken for a certificate") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  const wxsec::core::ByteView der = ca.root.der;
  for (std::size_t size = 0; size < der.size(); ++size)
    REQUIRE_FALSE(parse_certificate(der.first(size)).has_value());
  wxsec::core::Bytes longer = ca.root.der;
  longer.push_back(0);
  const auto surplus = parse_certificate(longer);
  REQUIRE_FALSE(surplus.has_value());
  CHECK(surplus.error().what.find("surplus") != std::string::npos);
}

TEST_CASE("pki/certificate: errors say what is missing or broken") {
  CHECK(parse_certificates("nothing here").error().code == wxsec::core::Code::not_found);
  CHECK(parse_certificates("").error().code == wxsec::core::Code::not_found);
  CHECK(parse_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n").error().what.find("no END") !=
        std::string::npos);
  const auto bad =
      parse_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  CHECK(bad.error().code == wxsec::core::Code::malformed);
  CHECK(bad.error().what.find("certificate number 1") != std::string::npos);
  const auto missing = load_certificates("/nonexistent.pem");
  CHECK(missing.error().code == wxsec::core::Code::not_found);
  CHECK(missing.error().what.find("/nonexistent.pem") != std::string::npos);
}

TEST_CASE("pki/certificate: years from 2050 on are written as GeneralizedTime and read back") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  CertificateSpec spec = TinyCa::server();
  for (const char* end : {"2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "2126-07-01T12:00:00Z"}) {
    spec.not_after = at(end);
    CHECK(ca.leaf(spec).front().not_after == at(end));
  }
}

TEST_CASE("pki/certificate: days left round down and go negative") {
  Certificate certificate;
  certificate.not_after = at("2026-02-02T00:00:00Z");
  CHECK(days_left(certificate, at("2026-02-01T00:00:00Z")) == 1);
  CHECK(days_left(certificate, at("2026-02-01T00:00:01Z")) == 0);
  CHECK(days_left(certificate, at("2026-02-02T00:00:01Z")) == -1);
}

TEST_CASE("pki/certificate: hosts match by alternative names alone") {
  Certificate certificate;
  certificate.common_name = "cn.wx.test";
  certificate.names = {{NameKind::dns, "broker.wx.test"},
                       {NameKind::dns, "*.stations.wx.test"},
                       {NameKind::ip, "127.0.0.1"},
                       {NameKind::ip, "::1"}};
  CHECK(is_for_host(certificate, "BROKER.wx.test."));
  CHECK(is_for_host(certificate, "s1.stations.wx.test"));
  CHECK(is_for_host(certificate, "0:0:0:0:0:0:0:1"));
  CHECK_FALSE(is_for_host(certificate, "a.b.stations.wx.test"));
  CHECK_FALSE(is_for_host(certificate, "stations.wx.test"));
  CHECK_FALSE(is_for_host(certificate, "cn.wx.test"));
  CHECK_FALSE(is_for_host(certificate, "127.0.0.2"));
  CHECK_FALSE(is_for_host(certificate, ""));
}

TEST_CASE("pki/certificate: a name with a NUL byte in it stays whole, so it matches no prefix") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  CertificateSpec spec = TinyCa::server();
  spec.names = {{NameKind::dns, std::string("broker.wx.test\0.evil.example", 28)}};
  const Certificate leaf = ca.leaf(spec).front();
  CHECK(leaf.names[0].value.size() == 28);
  CHECK_FALSE(is_for_host(leaf, "broker.wx.test"));
}
