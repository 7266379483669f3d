// Signatures over TBSCertificate and TBSCertList with one key, made ready once. For lib/pki alone.
#pragma once

#include "lib/core/bytes.h"
#include "lib/core/result.h"
#include "lib/pki/issue.h"
#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {

class Signer {
 public:
  // Takes its own reference to the key. P-384 keys sign over SHA-384 where sha256 is asked for.
  static core::Result<Signer> create(const Key& key, Digest digest);
  // With the same key and digest, for another thread.
  core::Result<Signer> clone() const;

  // AlgorithmIdentifier, DER (RFC 5758, 4055, 8410): it stands inside and outside of what is
  // signed.
  const core::Bytes& algorithm() const { return algorithm_; }
  Digest digest() const { return digest_; }

  // SEQUENCE { to_be_signed, algorithm, BIT STRING signature }. Fails with crypto.
  core::Result<core::Bytes> envelope(core::ByteView to_be_signed) const;

 private:
  using DigestPtr = Handle<EVP_MD, EVP_MD_free>;
  static core::Result<Signer> make(EVP_PKEY* key, KeyKind kind, Digest digest);
  core::Result<core::Bytes> sign(core::ByteView message) const;
  core::Result<core::Bytes> sign_whole(core::ByteView message) const;

  PkeyPtr key_;
  KeyKind kind_ = KeyKind::other;
  Digest digest_ = Digest::sha256;
  DigestPtr fetched_;     // looked up once: a look-up by name costs as much as the hash itself
  PkeyCtxPtr operation_;  // ready to sign a digest, again and again
  core::Bytes algorithm_;
};

}  // namespace wxsec::pki
