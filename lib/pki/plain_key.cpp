// PKCS#8 (RFC 5958) around ECPrivateKey (RFC 5915), as key.cpp writes it:
//
//     SEQUENCE { 0, SEQUENCE { id-ecPublicKey, curve },
//                OCTET STRING { SEQUENCE { 1, OCTET STRING scalar, [1] { BIT STRING point } } } }
#include "lib/pki/plain_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>

#include "lib/core/secret.h"
#include "lib/pki/der_reader.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"
#include "lib/pki/plain_certificate.h"

namespace wxsec::pki {
namespace {

using GroupPtr = Handle<EC_GROUP, EC_GROUP_free>;
using PointPtr = Handle<EC_POINT, EC_POINT_free>;
using ScalarPtr = Handle<BIGNUM, BN_clear_free>;
using BnCtxPtr = Handle<BN_CTX, BN_CTX_free>;
using ParamBuilderPtr = Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using ParamsPtr = Handle<OSSL_PARAM, OSSL_PARAM_free>;

struct CurveKey {
  core::ByteView scalar;     // in the DER that it was read from
  core::ByteView algorithm;  // AlgorithmIdentifier
};

std::optional<CurveKey> read_key(core::ByteView der) {
  DerReader outer(der);
  DerReader info = outer.open(kSequence);
  const core::ByteView version = info.get(kInteger).content;
  CurveKey key;
  key.algorithm = info.get(kSequence).whole;
  DerReader wrapped(info.get(kOctetString).content);
  DerReader in = wrapped.open(kSequence);
  const core::ByteView inner_version = in.get(kInteger).content;
  key.scalar = in.get(kOctetString).content;
  if (!in.empty()) in.get(context_constructed(1));
  if (!outer.finished() || !info.finished() || !wrapped.finished() || !in.finished() ||
      version.size() != 1 || version[0] != 0 || inner_version.size() != 1 || inner_version[0] != 1)
    return std::nullopt;
  return key;
}

// One group per thread: see plain_certificate.cpp.
const EC_GROUP* group_of(KeyKind kind) {
  thread_local const GroupPtr p256(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  thread_local const GroupPtr p384(EC_GROUP_new_by_curve_name(NID_secp384r1));
  return kind == KeyKind::ec_p256 ? p256.get() : p384.get();
}

ScalarPtr number_of(core::ByteView scalar) {
  return ScalarPtr(BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), BN_secure_new()));
}

std::size_t scalar_size(KeyKind kind) { return kind == KeyKind::ec_p256 ? 32 : 48; }

core::Bytes public_point(const BIGNUM* number, KeyKind kind) {
  const EC_GROUP* const group = group_of(kind);
  const BnCtxPtr context(BN_CTX_secure_new());
  const PointPtr point(EC_POINT_new(group));
  core::Bytes bytes(2 * scalar_size(kind) + 1);
  if (!context || number == nullptr || !point ||
      EC_POINT_mul(group, point.get(), number, nullptr, nullptr, context.get()) != 1 ||
      EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes.data(),
                         bytes.size(), context.get()) != bytes.size())
    return {};
  return bytes;
}

// By the AlgorithmIdentifier, as key.cpp writes it. RFC 5480 2.1.1.
KeyKind curve_of(core::ByteView algorithm) {
  constexpr std::array<std::uint8_t, 21> kP256{0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                               0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
                                               0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
  constexpr std::array<std::uint8_t, 18> kP384{0x30, 0x10, 0x06, 0x07, 0x2A, 0x86,
                                               0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
                                               0x05, 0x2B, 0x81, 0x04, 0x00, 0x22};
  if (std::equal(algorithm.begin(), algorithm.end(), kP256.begin(), kP256.end()))
    return KeyKind::ec_p256;
  return std::equal(algorithm.begin(), algorithm.end(), kP384.begin(), kP384.end())
             ? KeyKind::ec_p384
             : KeyKind::other;
}

bool is_within_order(const BIGNUM* number, KeyKind kind) {
  return number != nullptr && BN_is_zero(number) == 0 &&
         BN_cmp(number, EC_GROUP_get0_order(group_of(kind))) < 0;
}

ParamsPtr parameters(const BIGNUM* number, const core::Bytes& point, KeyKind kind) {
  const ParamBuilderPtr build(OSSL_PARAM_BLD_new());
  const char* const curve = kind == KeyKind::ec_p256 ? SN_X9_62_prime256v1 : SN_secp384r1;
  if (!build ||
      OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, number) != 1)
    return nullptr;
  return ParamsPtr(OSSL_PARAM_BLD_to_param(build.get()));
}

std::optional<bool> matches(core::ByteView der, const Certificate& certificate) {
  const bool small = certificate.key_kind == KeyKind::ec_p256;
  const auto parts = split_certificate(certificate.der);
  const auto key = read_key(der);
  if (!parts || !key || (!small && certificate.key_kind != KeyKind::ec_p384)) return std::nullopt;
  DerReader outer(parts->public_key);
  DerReader info = outer.open(kSequence);
  const core::ByteView algorithm = info.get(kSequence).whole;
  const core::ByteView point = info.get(kBitString).content;
  const std::size_t size = scalar_size(certificate.key_kind);
  if (!std::equal(algorithm.begin(), algorithm.end(), key->algorithm.begin(),
                  key->algorithm.end()) ||
      key->scalar.size() != size || point.size() != 2 * size + 2)
    return std::nullopt;
  const core::Bytes computed = public_point(number_of(key->scalar).get(), certificate.key_kind);
  if (computed.empty()) {
    drain_errors();
    return std::nullopt;
  }
  return std::equal(computed.begin(), computed.end(), point.begin() + 1, point.end());
}

}  // namespace

evp_pkey_st* read_plain_key(core::ByteView der) {
  const auto key = read_key(der);
  const KeyKind kind = key ? curve_of(key->algorithm) : KeyKind::other;
  if (kind == KeyKind::other || key->scalar.size() != scalar_size(kind)) return nullptr;
  const ScalarPtr number = number_of(key->scalar);
  if (!is_within_order(number.get(), kind)) return nullptr;
  const core::Bytes point = public_point(number.get(), kind);
  const ParamsPtr params = point.empty() ? nullptr : parameters(number.get(), point, kind);
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params.get()) != 1)
    drain_errors();
  return made;
}

std::optional<bool> plain_key_matches(std::string_view pem, const Certificate& certificate) {
  auto blocks = parse_pem(pem);
  if (!blocks || blocks->size() != 1 || blocks->front().label != "PRIVATE KEY") return std::nullopt;
  core::Bytes& der = blocks->front().der;
  const std::optional<bool> answer = matches(der, certificate);
  core::wipe(der.data(), der.size());
  return answer;
}

}  // namespace wxsec::pki
