// PKCS#12 (RFC 7292): key and certificates in one file under a passphrase, as Windows, Android,
// browsers and Java exchange them; usual names .p12 and .pfx.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"

namespace wxsec::pki {

struct Pkcs12 {
  std::vector<Key> keys = {};
  std::vector<Certificate> certificates = {};  // in the file's order
  std::string friendly_name = {};              // the first one given; not yet safe to print
  bool weak_encryption = false;                // 3DES, RC2 or SHA-1 protect it
};

// Whether this looks like the DER of a PKCS#12 file (and of no certificate, key or request).
bool looks_like_pkcs12(core::ByteView bytes);

// Opens a file, also one made with the old ciphers (RC2, 3DES). Fails: crypto (wrong passphrase),
// malformed, too_large (it asks for an absurd amount of computing), unsupported (no MAC by
// passphrase).
core::Result<Pkcs12> parse_pkcs12(core::ByteView der, const core::Secret& passphrase);

// strong: PBES2 with AES-256 and a MAC over SHA-256; old programs cannot read it.
// weak_3des_sha1: for those; who gets the file can guess the
// passphrase cheaply.
enum class Pkcs12Protection { strong, weak_3des_sha1 };

// Key, certificate (chain[0]) and the rest of the chain. Fails: usage (the passphrase is empty, or
// not UTF-8), crypto.
core::Result<core::Secret> make_pkcs12(const Key& key, const std::vector<Certificate>& chain,
                                       std::string_view friendly_name,
                                       const core::Secret& passphrase, Pkcs12Protection protection);

}  // namespace wxsec::pki
