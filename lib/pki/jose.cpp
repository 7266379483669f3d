// An ECDSA signature is a pair of numbers. OpenSSL writes it as a DER SEQUENCE of two INTEGERs of
// varying length, JOSE as 32 bytes each, one after the other; this file is mostly about that
// difference.
#include "lib/pki/jose.h"

#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

using EcdsaPtr = Handle<ECDSA_SIG, ECDSA_SIG_free>;
constexpr std::size_t kNumber = 32;

core::Failure not_p256() {
  return core::fail(core::Code::usage, "an ES256 signature needs a P-256 key");
}

core::Result<core::Bytes> numbers_of(core::ByteView der) {
  const unsigned char* at = der.data();
  const EcdsaPtr pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  core::Bytes out(2 * kNumber);
  if (!pair ||
      BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out.data(), static_cast<int>(kNumber)) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out.data() + kNumber, static_cast<int>(kNumber)) <
          0)
    return core::fail(openssl_error(core::Code::crypto, "cannot read the signature"));
  return out;
}

core::Bytes der_of(core::ByteView numbers) {
  const EcdsaPtr pair(ECDSA_SIG_new());
  BignumPtr r(BN_bin2bn(numbers.data(), static_cast<int>(kNumber), nullptr));
  BignumPtr s(BN_bin2bn(numbers.subspan(kNumber).data(), static_cast<int>(kNumber), nullptr));
  ECDSA_SIG_set0(pair.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  core::Bytes out;
  if (size > 0) out.assign(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace

core::Result<core::Bytes> sign_es256(const Key& key, core::ByteView message) {
  if (key.kind() != KeyKind::ec_p256) return not_p256();
  const MdCtxPtr context(EVP_MD_CTX_new());
  core::Bytes der(static_cast<std::size_t>(EVP_PKEY_get_size(key.native())));
  std::size_t size = der.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.native()) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) != 1)
    return core::fail(openssl_error(core::Code::crypto, "cannot sign"));
  return numbers_of(core::ByteView(der).first(size));
}

bool verify_es256(core::ByteView public_key, core::ByteView message, core::ByteView signature) {
  if (signature.size() != 2 * kNumber) return false;
  const unsigned char* at = public_key.data();
  const PkeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size())));
  const MdCtxPtr context(EVP_MD_CTX_new());
  const core::Bytes der = der_of(signature);
  const bool good =
      key && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size()) == 1;
  drain_errors();
  return good;
}

core::Result<CurvePoint> p256_point(const Key& key) {
  // SubjectPublicKeyInfo of an uncompressed point ends with 0x04, x and y.
  const core::Bytes& info = key.public_key();
  if (key.kind() != KeyKind::ec_p256 || info.size() <= 2 * kNumber) return not_p256();
  const core::ByteView point = core::ByteView(info).last(2 * kNumber);
  return CurvePoint{core::to_bytes(point.first(kNumber)), core::to_bytes(point.last(kNumber))};
}

core::Bytes sha256(core::ByteView message) {
  core::Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(message.data(), message.size(), digest.data());
  return digest;
}

core::Bytes hmac_sha256(const core::Secret& key, core::ByteView message) {
  core::Bytes code(SHA256_DIGEST_LENGTH);
  const core::ByteView secret = key.reveal_bytes();
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(),
       code.data(), nullptr);
  return code;
}

}  // namespace wxsec::pki
