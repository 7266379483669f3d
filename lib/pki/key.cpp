// A private key and the making of one. How it is read is in key_read.cpp, how it is written in
// key_write.cpp, and what kinds there are in key_type.cpp.
#include "lib/pki/key.h"

#include <fmt/core.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "lib/pki/openssl_ptr.h"
#include "lib/pki/plain_certificate.h"

namespace wxsec::pki {
namespace {

EVP_PKEY* make_key(KeyType type) {
  switch (type) {
    case KeyType::p256: return EVP_EC_gen("P-256");
    case KeyType::p384: return EVP_EC_gen("P-384");
    case KeyType::ed25519: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case KeyType::rsa1024: return EVP_RSA_gen(1024U);
    case KeyType::rsa2048: return EVP_RSA_gen(2048U);
    case KeyType::rsa3072: return EVP_RSA_gen(3072U);
    case KeyType::rsa4096: return EVP_RSA_gen(4096U);
  }
  return nullptr;
}

}  // namespace

void Key::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

core::Result<Key> Key::own(Pointer pointer) {
  Key key;
  key.key_ = std::move(pointer);
  key.kind_ = kind_of(key.key_.get());
  key.public_key_ = public_key_of(key.key_.get(), key.kind_);
  if (key.public_key_.empty())
    return core::fail(openssl_error(core::Code::malformed, "the private key has no public half"));
  return key;
}

core::Result<Key> Key::generate(KeyType type) {
  Pointer key(make_key(type));
  if (!key)
    return core::fail(openssl_error(core::Code::crypto,
                                    fmt::format("cannot make a {} key", key_type_text(type))));
  return own(std::move(key));
}

void KeyMaker::Free::operator()(evp_pkey_ctx_st* context) const { EVP_PKEY_CTX_free(context); }

core::Result<KeyMaker> KeyMaker::create(KeyType type) {
  KeyMaker maker;
  maker.type_ = type;
  if (type != KeyType::p256 && type != KeyType::p384) return maker;  // the key itself is the cost
  maker.context_.reset(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  const char* const curve = type == KeyType::p256 ? "P-256" : "P-384";
  if (maker.context_ && EVP_PKEY_keygen_init(maker.context_.get()) == 1 &&
      EVP_PKEY_CTX_set_group_name(maker.context_.get(), curve) == 1)
    return maker;
  return core::fail(openssl_error(core::Code::crypto, "cannot make keys"));
}

core::Result<Key> KeyMaker::make() const {
  if (!context_) return Key::generate(type_);
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_generate(context_.get(), &made) != 1)
    return core::fail(openssl_error(core::Code::crypto, "cannot make a key"));
  return Key::own(Key::Pointer(made));
}

bool Key::matches(const Certificate& certificate) const {
  const auto parts = split_certificate(certificate.der);
  if (parts && std::equal(parts->public_key.begin(), parts->public_key.end(), public_key_.begin(),
                          public_key_.end()))
    return true;  // the same bytes; others may still say the same
  const auto parsed = to_x509(certificate);
  if (!parsed) return false;
  const EVP_PKEY* const shown = X509_get0_pubkey(parsed->get());
  const bool same = shown != nullptr && EVP_PKEY_eq(shown, key_.get()) == 1;
  drain_errors();
  return same;
}

int Key::bits() const { return EVP_PKEY_get_bits(key_.get()); }

}  // namespace wxsec::pki
