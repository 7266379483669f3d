// What we write is PKCS#8 alone, and SubjectPublicKeyInfo for the public half. For the curves both
// are put together by hand, since OpenSSL 3.0's writer looks up an encoder each time, which costs
// more than making the key.
#include <openssl/core_names.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>

#include <array>

#include "lib/pki/der.h"
#include "lib/pki/key.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"

namespace wxsec::pki {
namespace {

using ClearBignumPtr = Handle<BIGNUM, BN_clear_free>;
using Pkcs8Ptr = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedPtr = Handle<X509_SIG, X509_SIG_free>;

// The curve's object identifiers, as in AlgorithmIdentifier (RFC 5480 2.1.1).
void write_curve(DerWriter& out, KeyKind kind) {
  const auto algorithm = out.open(kSequence);
  out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01});  // 1.2.840.10045.2.1 ecPublicKey
  if (kind == KeyKind::ec_p256) {
    out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07});  // prime256v1
  } else {
    out.object_id({0x2B, 0x81, 0x04, 0x00, 0x22});  // 1.3.132.0.34 secp384r1
  }
  out.close(algorithm);
}

// The uncompressed point; empty if the key gives another form.
core::Bytes curve_point(const EVP_PKEY* key, KeyKind kind) {
  core::Bytes point(133);
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                      &size) != 1)
    return {};
  point.resize(size);
  const std::size_t expected = kind == KeyKind::ec_p256 ? 65 : 97;
  if (size != expected || point[0] != 0x04) point.clear();
  return point;
}

bool is_hand_written(KeyKind kind) { return kind == KeyKind::ec_p256 || kind == KeyKind::ec_p384; }

void write_bit_string(DerWriter& out, core::ByteView bytes) {
  const auto mark = out.open(kBitString);
  out.byte(0);  // no unused bits
  out.raw(bytes);
  out.close(mark);
}

// PKCS#8 (RFC 5958) around an ECPrivateKey (RFC 5915). Empty where the point has another form.
core::Bytes curve_pkcs8(const EVP_PKEY* key, KeyKind kind) {
  const core::Bytes point = curve_point(key, kind);
  BIGNUM* number = nullptr;
  if (point.empty() || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
    return {};
  const ClearBignumPtr scalar(number);
  std::array<std::uint8_t, 48> bytes{};
  const std::size_t size = kind == KeyKind::ec_p256 ? 32 : 48;
  BN_bn2binpad(scalar.get(), bytes.data(), static_cast<int>(size));
  DerWriter out;
  out.reserve(256);  // enough for all: a growing vector would leave copies of the key behind
  const auto whole = out.open(kSequence);
  out.integer(0);
  write_curve(out, kind);
  const auto wrapped = out.open(kOctetString);
  const auto private_key = out.open(kSequence);
  out.integer(1);
  out.value(kOctetString, core::ByteView(bytes).first(size));
  const auto public_key = out.open(context_constructed(1));
  write_bit_string(out, point);
  out.close(public_key);
  out.close(private_key);
  out.close(wrapped);
  out.close(whole);
  core::wipe(bytes.data(), bytes.size());
  return out.take();
}

core::Secret generic_pem(const EVP_PKEY* key) {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key));
  unsigned char* der = nullptr;
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
  if (size <= 0) return {};
  core::Secret pem = encode_secret_pem("PRIVATE KEY", {der, static_cast<std::size_t>(size)});
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return pem;
}

core::Bytes generic_public_key(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  core::Bytes out;
  if (size > 0) out.assign(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace

core::Bytes public_key_of(EVP_PKEY* key, KeyKind kind) {
  const core::Bytes point = is_hand_written(kind) ? curve_point(key, kind) : core::Bytes();
  if (point.empty()) return generic_public_key(key);
  DerWriter out;
  const auto info = out.open(kSequence);
  write_curve(out, kind);
  write_bit_string(out, point);
  out.close(info);
  return out.take();
}

core::Secret Key::to_pem() const {
  core::Bytes der = is_hand_written(kind_) ? curve_pkcs8(key_.get(), kind_) : core::Bytes();
  if (der.empty()) return generic_pem(key_.get());
  core::Secret pem = encode_secret_pem("PRIVATE KEY", der);
  core::wipe(der.data(), der.size());
  return pem;
}

core::Result<core::Secret> Key::to_encrypted_pem(const core::Secret& passphrase) const {
  // scrypt N=2^14, r=8, p=5: as hard as N=2^17, p=1, within OpenSSL's own memory limit.
  std::array<unsigned char, 16> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1)
    return core::fail(openssl_error(core::Code::crypto, "no random numbers"));
  const std::string_view secret = passphrase.reveal();
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key_.get()));
  X509_ALGOR* const scheme = PKCS5_pbe2_set_scrypt(
      EVP_aes_256_cbc(), salt.data(), static_cast<int>(salt.size()), nullptr, 1U << 14, 8, 5);
  const EncryptedPtr encrypted(
      info && scheme != nullptr
          ? PKCS8_set0_pbe(secret.data(), static_cast<int>(secret.size()), info.get(), scheme)
          : nullptr);
  unsigned char* der = nullptr;
  const int size = encrypted ? i2d_X509_SIG(encrypted.get(), &der) : 0;
  if (size <= 0)
    return core::fail(openssl_error(core::Code::crypto, "cannot encrypt the private key"));
  core::Secret pem =
      encode_secret_pem("ENCRYPTED PRIVATE KEY", {der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return pem;
}

}  // namespace wxsec::pki
