#include "lib/pki/verify.h"

#include <doctest/doctest.h>

#include "tests/unit/lib/pki/tiny_ca.h"

using namespace wxsec::pki;
using namespace wxsec::pki::test;
using wxsec::core::Instant;

namespace {
const TinyCa& ca() {
  static const TinyCa authority = TinyCa::make(KeyType::p256);
  return authority;
}
Reason reason(const std::vector<Certificate>& chain, const VerifyOptions& options) {
  const Verdict verdict = verify(chain, options);
  INFO(verdict.sentence);
  CHECK_FALSE(verdict.sentence.empty());
  CHECK(verdict.hint.empty() == verdict.valid());
  return verdict.reason;
}
}  // namespace

TEST_CASE("pki/verify: a good chain is valid, with its path up to the root") {
  VerifyOptions options = ca().options();
  options.purpose = Purpose::server;
  options.host = "broker.wx.test";
  const Verdict verdict = verify(ca().leaf(TinyCa::server()), options);
  CHECK_MESSAGE(verdict.reason == Reason::valid, verdict.sentence);
  REQUIRE(verdict.path.size() == 3);
  CHECK(verdict.path[2].common_name == "Test Root");
  options.host = "127.0.0.1";
  CHECK(reason(ca().leaf(TinyCa::server()), options) == Reason::valid);
}

TEST_CASE("pki/verify: dates are judged at the given moment") {
  VerifyOptions options = ca().options();
  const auto chain = ca().leaf(TinyCa::server());
  options.at = at("2026-04-01T00:00:01Z");
  CHECK(reason(chain, options) == Reason::expired);
  CHECK(verify(chain, options).sentence.find("2026-04-01T00:00:00Z") != std::string::npos);
  options.at = at("2025-12-31T23:59:59Z");
  const Verdict early = verify(chain, options);
  CHECK(early.reason == Reason::not_yet_valid);
}

TEST_CASE("pki/verify: the host name must be among the alternative names") {
  VerifyOptions options = ca().options();
  for (const char* host : {"api.wx.test", "broker", "127.0.0.2", "::1", "x.broker.wx.test"}) {
    options.host = host;
    CHECK(reason(ca().leaf(TinyCa::server()), options) == Reason::wrong_host_name);
  }
  CertificateSpec bare = TinyCa::server();
  bare.names.clear();
  bare.common_name = "broker.wx.test";
  options.host = "broker.wx.test";
  CHECK(reason(ca().leaf(bare), options) == Reason::wrong_host_name);
}

TEST_CASE("pki/verify: strangers, missing intermediates and self-signed ones are told apart") {
  const TinyCa stranger = TinyCa::make(KeyType::p256);
  CHECK(reason(stranger.leaf(TinyCa::server()), ca().options()) == Reason::unknown_issuer);
  std::vector<Certificate> alone{ca().leaf(TinyCa::server()).front()};
  CHECK(reason(alone, ca().options()) == Reason::unknown_issuer);
  VerifyOptions helped = ca().options();
  helped.intermediates = {ca().issuing};
  CHECK(reason(alone, helped) == Reason::valid);
  const Key key = Key::generate(KeyType::p256).value();
  CHECK(reason({Issuer::self_sign(TinyCa::server(), key).value()}, ca().options()) ==
        Reason::self_signed);
  CHECK(reason({}, ca().options()) == Reason::no_certificate);
}

TEST_CASE("pki/verify: a flipped bit in the signature is a bad signature") {
  auto chain = ca().leaf(TinyCa::server());
  wxsec::core::Bytes der = chain[0].der;
  der.back() = static_cast<std::uint8_t>(der.back() ^ 1U);
  chain[0] = parse_certificate(der).value();
  CHECK(reason(chain, ca().options()) == Reason::bad_signature);
}

TEST_CASE("pki/verify: purpose, weak keys and weak hashes") {
  VerifyOptions options = ca().options();
  options.purpose = Purpose::client;
  CHECK(reason(ca().leaf(TinyCa::server()), options) == Reason::wrong_purpose);
  options.purpose = Purpose::server;
  CHECK(reason(ca().leaf(TinyCa::server(), KeyType::rsa1024), options) == Reason::weak_key);
  CertificateSpec sha1 = TinyCa::server();
  sha1.digest = Digest::sha1;
  CHECK(reason(ca().leaf(sha1), options) == Reason::weak_signature);
}

TEST_CASE("pki/verify: name constraints hold for every kind of name") {
  for (const AlternativeName& name :
       {AlternativeName{NameKind::dns, "broker.example.org"},
        AlternativeName{NameKind::dns, "evilwx.test"}, AlternativeName{NameKind::ip, "10.0.0.1"},
        AlternativeName{NameKind::ip, "::2"}}) {
    CertificateSpec spec = TinyCa::server();
    spec.names.push_back(name);
    INFO(to_text(name));
    CHECK_FALSE(permits(ca().issuing.constraints, name));
    CHECK(reason(ca().leaf(spec), ca().options()) == Reason::name_not_permitted);
  }
}

TEST_CASE("pki/verify: a revoked certificate, a missing list, a list that is out of date") {
  const auto chain = ca().leaf(TinyCa::server());
  VerifyOptions options = ca().options();
  const Instant next = at("2026-03-01T00:00:00Z");
  options.crls = {ca().issuer.issue_crl({}, 1, kStart, next).value()};
  CHECK(reason(chain, options) == Reason::valid);
  options.at = at("2026-03-01T00:00:01Z");
  CHECK(reason(chain, options) == Reason::revocation_unknown);
  options.at = kNow;
  options.crls = {
      ca().issuer
          .issue_crl({{chain[0].serial, kStart, RevocationReason::key_compromise}}, 2, kStart, next)
          .value()};
  CHECK(reason(chain, options) == Reason::revoked);
  const TinyCa stranger = TinyCa::make(KeyType::p256);
  options.crls = {stranger.issuer.issue_crl({}, 1, kStart, next).value()};
  CHECK(reason(chain, options) != Reason::valid);
}

TEST_CASE("pki/verify: an issuer that is no authority, and one below its path length") {
  const Key key = Key::generate(KeyType::p256).value();
  const Certificate leaf = ca().issuer.issue(TinyCa::server(), key.public_key()).value();
  const Issuer pretender = Issuer::create(leaf, key).value();
  const Key other = Key::generate(KeyType::p256).value();
  const Certificate forged = pretender.issue(TinyCa::server(), other.public_key()).value();
  CHECK(reason({forged, leaf, ca().issuing}, ca().options()) == Reason::not_an_authority);

  CertificateSpec sub = TinyCa::authority("Sub");
  const Certificate below = ca().issuer.issue(sub, key.public_key()).value();
  const Issuer deep = Issuer::create(below, key).value();
  const Certificate far = deep.issue(TinyCa::server(), other.public_key()).value();
  CHECK(reason({far, below, ca().issuing}, ca().options()) == Reason::path_too_long);
}

TEST_CASE("pki/verify: a version 1 leaf and other breaches are malformed, never valid") {
  VerifyOptions options = ca().options();
  CertificateSpec empty = TinyCa::server();
  empty.common_name.clear();
  empty.organization.clear();
  const auto chain = ca().leaf(empty);
  CHECK(chain[0].names_critical);  // RFC 5280 4.2.1.6: critical where the subject is empty
  CHECK(reason(chain, options) == Reason::valid);
}

TEST_CASE("pki/verify: chains of all kinds of keys are valid [slow]") {
  for (const KeyType type : {KeyType::p384, KeyType::ed25519, KeyType::rsa2048}) {
    const TinyCa authority = TinyCa::make(type);
    VerifyOptions options = authority.options();
    options.purpose = Purpose::server;
    INFO(key_type_text(type));
    CHECK(reason(authority.leaf(TinyCa::server(), type), options) == Reason::valid);
  }
}
