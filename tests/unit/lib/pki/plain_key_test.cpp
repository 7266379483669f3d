#include "lib/pki/plain_key.h"

#include <doctest/doctest.h>
#include <openssl/core_names.h>

#include <algorithm>
#include <array>

#include "lib/pki/key.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"

using namespace wxsec;
using namespace wxsec::pki;

namespace {

core::Bytes der_of(KeyType type) {
  const core::Secret pem = Key::generate(type).value().to_pem();
  return parse_pem(pem.reveal()).value().front().der;
}

PkeyPtr plain(core::ByteView der) { return PkeyPtr(read_plain_key(der)); }

PkeyPtr by_openssl(core::ByteView der) {
  const unsigned char* at = der.data();
  PkeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  drain_errors();
  return key;
}

BignumPtr scalar_of(const PkeyPtr& key) {
  BIGNUM* number = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1);
  return BignumPtr(number);
}

// Behind ECPrivateKey's version and the head of its OCTET STRING. RFC 5915 3.
std::size_t scalar_at(const core::Bytes& der, std::size_t size) {
  const std::array<std::uint8_t, 5> before{0x02, 0x01, 0x01, 0x04, static_cast<std::uint8_t>(size)};
  const auto found = std::search(der.begin(), der.end(), before.begin(), before.end());
  REQUIRE(found != der.end());
  return static_cast<std::size_t>(found - der.begin()) + before.size();
}

core::Bytes with_scalar(core::Bytes der, const char* hex, std::size_t size) {
  BIGNUM* number = nullptr;
  REQUIRE(BN_hex2bn(&number, hex) > 0);
  const BignumPtr owner(number);
  REQUIRE(BN_bn2binpad(number, der.data() + scalar_at(der, size), static_cast<int>(size)) > 0);
  return der;
}

}  // namespace

TEST_CASE("pki/plain_key: the same key as by OpenSSL's decoders") {
  for (const KeyType type : {KeyType::p256, KeyType::p384}) {
    const core::Bytes der = der_of(type);
    const PkeyPtr mine = plain(der);
    const PkeyPtr theirs = by_openssl(der);
    REQUIRE(mine);
    REQUIRE(theirs);
    CHECK(EVP_PKEY_eq(mine.get(), theirs.get()) == 1);
    CHECK(BN_cmp(scalar_of(mine).get(), scalar_of(theirs).get()) == 0);
    CHECK(EVP_PKEY_get_bits(mine.get()) == EVP_PKEY_get_bits(theirs.get()));
  }
}

TEST_CASE("pki/plain_key: a public half that lies is not believed") {
  const core::Bytes good = der_of(KeyType::p256);
  core::Bytes lying = good;
  lying.back() = static_cast<std::uint8_t>(lying.back() ^ 1U);
  const PkeyPtr key = plain(lying);
  REQUIRE(key);
  CHECK(EVP_PKEY_eq(key.get(), plain(good).get()) == 1);
}

TEST_CASE("pki/plain_key: a scalar that is no number of its curve is left to OpenSSL") {
  const char* const order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
  const char* const last = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550";
  const core::Bytes der = der_of(KeyType::p256);
  CHECK_FALSE(plain(with_scalar(der, "0", 32)));
  CHECK_FALSE(plain(with_scalar(der, order, 32)));
  CHECK(plain(with_scalar(der, last, 32)));
  CHECK(plain(with_scalar(der, "1", 32)));
}

TEST_CASE("pki/plain_key: other keys, every truncation and anything behind are left to OpenSSL") {
  for (const KeyType type : {KeyType::ed25519, KeyType::rsa2048}) CHECK_FALSE(plain(der_of(type)));
  core::Bytes der = der_of(KeyType::p256);
  for (std::size_t size = 0; size < der.size(); ++size)
    CHECK_FALSE(plain(core::ByteView(der).first(size)));
  der.push_back(0);
  CHECK_FALSE(plain(der));
}
