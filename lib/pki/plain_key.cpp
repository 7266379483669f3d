// PKCS#8 (RFC 5958) around ECPrivateKey (RFC 5915), as key.cpp writes it:
//
//     SEQUENCE { 0, SEQUENCE { id-ecPublicKey, curve },
//                OCTET STRING { SEQUENCE { 1, OCTET STRING scalar, [1] { BIT STRING point } } } }
#include "lib/pki/plain_key.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

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

core::Bytes public_point(core::ByteView scalar, KeyKind kind) {
  const EC_GROUP* const group = group_of(kind);
  const BnCtxPtr context(BN_CTX_secure_new());
  const ScalarPtr number(
      BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), BN_secure_new()));
  const PointPtr point(EC_POINT_new(group));
  core::Bytes bytes(2 * scalar.size() + 1);
  if (!context || !number || !point ||
      EC_POINT_mul(group, point.get(), number.get(), nullptr, nullptr, context.get()) != 1 ||
      EC_POINT_point2oct(group, point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes.data(),
                         bytes.size(), context.get()) != bytes.size())
    return {};
  return bytes;
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
  const std::size_t size = small ? 32 : 48;
  if (!std::equal(algorithm.begin(), algorithm.end(), key->algorithm.begin(),
                  key->algorithm.end()) ||
      key->scalar.size() != size || point.size() != 2 * size + 2)
    return std::nullopt;
  const core::Bytes computed = public_point(key->scalar, certificate.key_kind);
  if (computed.empty()) {
    drain_errors();
    return std::nullopt;
  }
  return std::equal(computed.begin(), computed.end(), point.begin() + 1, point.end());
}

}  // namespace

std::optional<bool> plain_key_matches(std::string_view pem, const Certificate& certificate) {
  auto blocks = parse_pem(pem);
  if (!blocks || blocks->size() != 1 || blocks->front().label != "PRIVATE KEY") return std::nullopt;
  core::Bytes& der = blocks->front().der;
  const std::optional<bool> answer = matches(der, certificate);
  core::wipe(der.data(), der.size());
  return answer;
}

}  // namespace wxsec::pki
