// Certificate signing requests (PKCS#10, RFC 2986): how the holder of a key asks for a certificate
// without ever showing the key. The request is signed with that key, which proves that the asker
// has it; everything else in it is a wish.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/key.h"
#include "lib/pki/name.h"

namespace wxsec::pki {

// Text in it is what the asker wrote: escape it before it is printed.
struct Csr {
  core::Bytes der = {};
  std::string subject = {};      // as in Certificate
  std::string common_name = {};  // the subject's last CN, "" if none
  core::Bytes public_key = {};   // SubjectPublicKeyInfo, DER
  KeyKind key_kind = KeyKind::other;
  std::string key_algorithm = {};        // "P-256", "RSA", as in Certificate
  int key_bits = 0;                      // 0 if the key does not parse
  std::string signature_algorithm = {};  // "ecdsa-with-SHA256"

  // Requested extensions (the attribute extensionRequest).
  std::vector<AlternativeName> names = {};
  bool asks_for_ca = false;  // basicConstraints CA:TRUE
  std::vector<std::string> key_usage = {};
  std::vector<std::string> extended_key_usage = {};
  std::vector<std::string> other_extensions = {};  // "certificatePolicies", dotted if unknown

  // The signature fits the public key inside: the asker holds the private key.
  bool proves_possession = false;
};

// One request from DER; trailing bytes are refused. A request without proof of possession is no
// failure but `proves_possession` false. Fails with malformed.
core::Result<Csr> parse_csr(core::ByteView der);
// The first of a PEM text (labels CERTIFICATE REQUEST and NEW CERTIFICATE REQUEST), or DER. Fails:
// malformed, not_found (there is none).
core::Result<Csr> parse_csr_text(std::string_view pem_or_der);
// The same from a file; errors name it.
core::Result<Csr> load_csr(const core::Path& path);

// A request for `names`, signed by `key`; DER. The subject holds `common_name` alone, or nothing.
// Fails: usage (a name that cannot be encoded), crypto.
core::Result<core::Bytes> make_csr(const Key& key, std::string_view common_name,
                                   const std::vector<AlternativeName>& names);

// "P-256", "RSA 2048 bits".
std::string key_text(const Csr& csr);

}  // namespace wxsec::pki
