// A private key and what may be done with it. The key never leaves in clear but through to_pem(),
// which gives a Secret.
#pragma once

#include <memory>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"

struct evp_pkey_st;      // OpenSSL's EVP_PKEY
struct evp_pkey_ctx_st;  // and EVP_PKEY_CTX

namespace wxsec::pki {

// rsa1024 exists for the lesson on weak keys and nothing else.
enum class KeyType { p256, p384, ed25519, rsa1024, rsa2048, rsa3072, rsa4096 };

// "P-256", "RSA-2048", "Ed25519", as accepted by parse_key_type in any case, with or without "-".
std::string_view key_type_text(KeyType type);
core::Result<KeyType> parse_key_type(std::string_view text);

// Whether this is the DER of an encrypted PKCS#8 key (of PEM it is not: there the label says it).
bool is_encrypted_key(core::ByteView der);

class Key {
 public:
  // Fails with crypto only when the random generator does. For many of one kind: KeyMaker.
  static core::Result<Key> generate(KeyType type);
  // PEM (PKCS#8 clear or encrypted, SEC1, PKCS#1; other blocks before it are skipped) or DER.
  // Also too_large and unsupported: encrypted in a way that is absurdly slow or not known.
  // Fails: not_found (no key in it), crypto (wrong or missing passphrase), malformed.
  static core::Result<Key> parse(std::string_view pem_or_der, const core::Secret& passphrase);
  // The same from a file; errors name it. Also permission, io.
  static core::Result<Key> load(const core::Path& path, const core::Secret& passphrase);

  // PKCS#8 PEM in clear, and encrypted (PBES2, AES-256-CBC, scrypt).
  core::Secret to_pem() const;
  core::Result<core::Secret> to_encrypted_pem(const core::Secret& passphrase) const;

  // SubjectPublicKeyInfo, DER. RFC 5280 4.1.2.7.
  const core::Bytes& public_key() const { return public_key_; }
  bool matches(const Certificate& certificate) const;
  KeyKind kind() const { return kind_; }
  int bits() const;

  // OpenSSL's object, for lib/pki, lib/tls and lib/http; borrowed.
  evp_pkey_st* native() const { return key_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Pointer = std::unique_ptr<evp_pkey_st, Free>;
  friend class KeyMaker;
  static core::Result<Key> own(Pointer key);

  Pointer key_;
  core::Bytes public_key_;
  KeyKind kind_ = KeyKind::other;
};

// "P-256", "RSA 2048 bits".
std::string key_text(const Key& key);

// Makes keys of one kind, with the algorithm looked up once: half the cost for the curves. One
// thread at a time.
class KeyMaker {
 public:
  // Fails with crypto.
  static core::Result<KeyMaker> create(KeyType type);
  core::Result<Key> make() const;

 private:
  struct Free {
    void operator()(evp_pkey_ctx_st* context) const;
  };
  KeyType type_ = KeyType::p256;
  std::unique_ptr<evp_pkey_ctx_st, Free> context_;
};

}  // namespace wxsec::pki
