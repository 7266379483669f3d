#include "lib/pki/chain_verifier.h"

#include <functional>

#include "lib/pki/plain_key.h"
#include "tests/unit/lib/pki/tiny_ca.h"

using namespace wxsec;
using namespace wxsec::pki;
using namespace wxsec::pki::test;

namespace {

// Warm: one good leaf went the long way, so all that follow could go the short one.
struct Warm {
  TinyCa ca = TinyCa::make(KeyType::p256);
  VerifyOptions options;
  ChainVerifier verifier;

  explicit Warm(const std::vector<Crl>& crls = {}) : options(ca.options()), verifier({}) {
    options.crls = crls;
    start();
  }
  void start() {
    verifier = ChainVerifier(options);
    CHECK(verifier.verify(ca.leaf(TinyCa::server()), Purpose::server).valid());
    CHECK(verifier.short_ways() == 0);
  }
  Reason reason(const std::vector<Certificate>& chain) {
    const Reason found = verifier.verify(chain, Purpose::server).reason;
    VerifyOptions full = options;
    full.purpose = Purpose::server;
    CHECK(found == pki::verify(chain, full).reason);
    return found;
  }
};

CertificateSpec changed(const std::function<void(CertificateSpec&)>& change) {
  CertificateSpec spec = TinyCa::server();
  change(spec);
  return spec;
}

}  // namespace

TEST_CASE("pki/chain_verifier: the second good leaf of an authority goes the short way") {
  Warm warm;
  for (const KeyType type : {KeyType::p256, KeyType::p384, KeyType::ed25519})
    CHECK(warm.reason(warm.ca.leaf(TinyCa::server(), type)) == Reason::valid);
  CHECK(warm.verifier.short_ways() == 3);
}

TEST_CASE("pki/chain_verifier: a fault of the leaf is found though its siblings were good") {
  Warm warm;
  const TinyCa& ca = warm.ca;
  CHECK(warm.reason(ca.leaf(changed([](auto& s) { s.not_after = kNow; }))) == Reason::expired);
  CHECK(warm.reason(ca.leaf(changed([](auto& s) { s.not_before = at("2026-02-02T00:00:00Z"); }))) ==
        Reason::not_yet_valid);
  CHECK(warm.reason(ca.leaf(changed([](auto& s) { std::swap(s.server, s.client); }))) ==
        Reason::wrong_purpose);
  CHECK(warm.reason(ca.leaf(changed([](auto& s) {
    s.names = {{NameKind::dns, "wx.other"}};
  }))) == Reason::name_not_permitted);
  CHECK(warm.reason(ca.leaf(changed([](auto& s) { s.digest = Digest::sha1; }))) ==
        Reason::weak_signature);
  CHECK(warm.reason(ca.leaf(TinyCa::server(), KeyType::rsa1024)) == Reason::weak_key);
  CHECK(warm.verifier.short_ways() == 0);
  CHECK(warm.reason(ca.leaf(TinyCa::server())) == Reason::valid);
  CHECK(warm.verifier.short_ways() == 1);
}

TEST_CASE("pki/chain_verifier: a signature of somebody else under the same names is no signature") {
  Warm warm;
  const TinyCa other = TinyCa::make(KeyType::p256);
  std::vector<Certificate> chain = warm.ca.leaf(TinyCa::server());
  chain[0] = other.leaf(TinyCa::server())[0];
  CHECK(warm.reason(chain) != Reason::valid);
  core::Bytes der = warm.ca.leaf(TinyCa::server())[0].der;
  der.back() = static_cast<std::uint8_t>(der.back() ^ 1U);
  chain[0] = parse_certificate(der).value();
  CHECK(warm.reason(chain) == Reason::bad_signature);
  CHECK(warm.verifier.short_ways() == 0);
}

TEST_CASE("pki/chain_verifier: revocation is looked at on the short way, too") {
  Warm warm;
  const auto good = warm.ca.leaf(TinyCa::server());
  const auto revoked = warm.ca.leaf(TinyCa::server());
  const Crl list = warm.ca.issuer
                       .issue_crl({{revoked[0].serial, kStart, RevocationReason::key_compromise}},
                                  1, kStart, at("2026-03-01T00:00:00Z"))
                       .value();
  warm.options.crls = {list};
  warm.start();
  CHECK(warm.reason(revoked) == Reason::revoked);
  CHECK(warm.verifier.short_ways() == 0);
  CHECK(warm.reason(good) == Reason::valid);
  CHECK(warm.verifier.short_ways() == 1);
}

TEST_CASE("pki/plain_key: tells the pair from the mix, whatever the file claims") {
  const TinyCa ca = TinyCa::make(KeyType::p256);
  for (const KeyType type : {KeyType::p256, KeyType::p384}) {
    const Key key = Key::generate(type).value();
    const Key other = Key::generate(type).value();
    const auto leaf = ca.issuer.issue(TinyCa::server(), key.public_key()).value();
    CHECK(plain_key_matches(key.to_pem().reveal(), leaf) == true);
    CHECK(plain_key_matches(other.to_pem().reveal(), leaf) == false);
  }
  const Key rsa = Key::generate(KeyType::ed25519).value();
  const auto leaf = ca.issuer.issue(TinyCa::server(), rsa.public_key()).value();
  CHECK_FALSE(plain_key_matches(rsa.to_pem().reveal(), leaf).has_value());
  CHECK_FALSE(plain_key_matches("", leaf).has_value());
}
