// The cryptography of JOSE (RFC 7518) as ACME uses it: ES256 signatures, HMAC and digests over
// bytes. The JSON around them is the caller's.
#pragma once

#include "lib/core/bytes.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/key.h"

namespace wxsec::pki {

// r and s, 32 bytes each (RFC 7518 3.4), not the DER that certificates carry. Fails: usage (the key
// is no P-256 key), crypto.
core::Result<core::Bytes> sign_es256(const Key& key, core::ByteView message);

// Whether `signature` is such a one. `public_key` is a SubjectPublicKeyInfo, DER.
bool verify_es256(core::ByteView public_key, core::ByteView message, core::ByteView signature);

// The point of a P-256 key, 32 bytes each. RFC 7518 6.2.1.
struct CurvePoint {
  core::Bytes x;
  core::Bytes y;
};
// Fails with usage on any other kind of key.
core::Result<CurvePoint> p256_point(const Key& key);

core::Bytes sha256(core::ByteView message);
// HS256, RFC 7518 3.2.
core::Bytes hmac_sha256(const core::Secret& key, core::ByteView message);

}  // namespace wxsec::pki
