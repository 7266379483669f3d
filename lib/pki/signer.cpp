// A signature is made in two steps, hash and sign, with both algorithms looked up beforehand:
// OpenSSL 3.0 resolves algorithms by name, and the one-call forms do that for every signature.
// Ed25519 is the exception: it hashes inside, and needs the whole message.
#include "lib/pki/signer.h"

#include <openssl/rsa.h>

#include <array>

#include "lib/pki/der.h"

namespace wxsec::pki {
namespace {

const char* digest_name(Digest digest) {
  switch (digest) {
    case Digest::sha1: return "SHA1";
    case Digest::sha384: return "SHA384";
    case Digest::sha256: break;
  }
  return "SHA256";
}

void write_ecdsa(DerWriter& out, Digest digest) {
  if (digest == Digest::sha1) {
    out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01});  // 1.2.840.10045.4.1
  } else {                                                      // 1.2.840.10045.4.3.{2,3}
    const std::uint8_t last = digest == Digest::sha384 ? 0x03 : 0x02;
    out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, last});
  }
}

void write_rsa(DerWriter& out, Digest digest) {  // 1.2.840.113549.1.1.{5,11,12} with NULL
  std::uint8_t last = 0x0B;
  if (digest == Digest::sha1) last = 0x05;
  if (digest == Digest::sha384) last = 0x0C;
  out.object_id({0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, last});
  out.value(kNull, core::ByteView());
}

core::Result<core::Bytes> algorithm_of(KeyKind kind, Digest digest) {
  DerWriter out;
  const auto sequence = out.open(kSequence);
  switch (kind) {
    case KeyKind::ec_p256:
    case KeyKind::ec_p384:
    case KeyKind::ec_p521: write_ecdsa(out, digest); break;
    case KeyKind::rsa: write_rsa(out, digest); break;
    case KeyKind::ed25519: out.object_id({0x2B, 0x65, 0x70}); break;  // 1.3.101.112
    case KeyKind::other:
      return core::fail(core::Code::unsupported, "no signature algorithm for this kind of key");
  }
  out.close(sequence);
  return out.take();
}

core::Failure cannot_sign() { return core::fail(openssl_error(core::Code::crypto, "cannot sign")); }

}  // namespace

core::Result<Signer> Signer::create(const Key& key, Digest digest) {
  return make(key.native(), key.kind(), digest);
}

core::Result<Signer> Signer::clone() const { return make(key_.get(), kind_, digest_); }

core::Result<Signer> Signer::make(EVP_PKEY* key, KeyKind kind, Digest digest) {
  Signer signer;
  signer.kind_ = kind;
  signer.digest_ = kind == KeyKind::ec_p384 && digest == Digest::sha256 ? Digest::sha384 : digest;
  signer.algorithm_ = WXSEC_TRY(algorithm_of(signer.kind_, signer.digest_));
  EVP_PKEY_up_ref(key);
  signer.key_.reset(key);
  if (signer.kind_ == KeyKind::ed25519) return signer;
  signer.fetched_.reset(EVP_MD_fetch(nullptr, digest_name(signer.digest_), nullptr));
  signer.operation_.reset(EVP_PKEY_CTX_new(key, nullptr));
  EVP_PKEY_CTX* const operation = signer.operation_.get();
  if (!signer.fetched_ || operation == nullptr || EVP_PKEY_sign_init(operation) != 1)
    return cannot_sign();
  if (signer.kind_ == KeyKind::rsa &&
      (EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PADDING) != 1 ||
       EVP_PKEY_CTX_set_signature_md(operation, signer.fetched_.get()) != 1))
    return cannot_sign();
  return signer;
}

core::Result<core::Bytes> Signer::sign_whole(core::ByteView message) const {
  const MdCtxPtr context(EVP_MD_CTX_new());
  core::Bytes signature(64);
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
    return cannot_sign();
  signature.resize(size);
  return signature;
}

core::Result<core::Bytes> Signer::sign(core::ByteView message) const {
  if (kind_ == KeyKind::ed25519) return sign_whole(message);
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int hash_size = 0;
  core::Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = signature.size();
  if (EVP_Digest(message.data(), message.size(), hash.data(), &hash_size, fetched_.get(),
                 nullptr) != 1 ||
      EVP_PKEY_sign(operation_.get(), signature.data(), &size, hash.data(), hash_size) != 1)
    return cannot_sign();
  signature.resize(size);
  return signature;
}

core::Result<core::Bytes> Signer::envelope(core::ByteView to_be_signed) const {
  const core::Bytes signature = WXSEC_TRY(sign(to_be_signed));
  DerWriter out;
  out.reserve(to_be_signed.size() + signature.size() + algorithm_.size() + 16);
  const auto whole = out.open(kSequence);
  out.raw(to_be_signed);
  out.raw(algorithm_);
  const auto bits = out.open(kBitString);
  out.byte(0);  // no unused bits
  out.raw(signature);
  out.close(bits);
  out.close(whole);
  return out.take();
}

}  // namespace wxsec::pki
