// Everything about one certificate file, directory or endpoint, for people who want to understand
// it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"
#include "lib/pki/csr.h"
#include "lib/pki/verify.h"
#include "src/look/endpoint.h"
#include "src/look/examine.h"

namespace wxsec::certs {

struct InspectOptions {
  std::string target = {};  // file, directory, or mqtts:// or https:// URL
  core::Path ca = {};       // whom to judge by; empty: DIR/ca.pem if there
  core::Path dir = "certs";
  bool dir_asked_for = false;  // given by the user: then a stranger is broken, not unknown
  std::chrono::milliseconds timeout = std::chrono::seconds{5};
  core::Passphrase passphrase = {};  // of PKCS#12 files and encrypted keys
};

enum class Content { certificates, endpoint, revocation_lists, private_key, requests };

struct Inspection {
  std::string target = {};
  Content content = Content::certificates;
  core::Instant at = {};  // when it was judged
  std::string form = {};  // "PEM", "DER", "PKCS#12"; "" for endpoints
  std::vector<pki::Certificate> chain = {};
  pki::Verdict verdict = {};
  bool trust_known = false;  // the chain was judged up to a root, not by its dates alone
  KeyState key = KeyState::absent;
  std::optional<EndpointView> endpoint = {};
  std::vector<pki::Crl> crls = {};
  std::vector<pki::Csr> requests = {};
  std::string key_description = {};  // for a private key: "P-256, PKCS#8, mode 0600"
  bool weak_encryption = false;      // PKCS#12 under 3DES, RC2 or SHA-1
};

// One file or endpoint. Fails: as reading the file or shaking hands does; malformed, not_found when
// it is none of the kinds above, crypto (passphrase).
core::Result<Inspection> inspect(const InspectOptions& options, const core::Clock& clock);

struct InspectedFile {
  std::string path = {};
  core::Result<Inspection> seen;
};

// A directory: a certificate directory by its identities, any other by its files with the usual
// endings, kMaxInspectedFiles at most. What cannot be read is in its place, with its error. Fails
// when the directory itself cannot be read, or holds nothing.
core::Result<std::vector<InspectedFile>> inspect_directory(const InspectOptions& options,
                                                           const core::Clock& clock);
inline constexpr std::size_t kMaxInspectedFiles = 10'000;
bool is_directory(const std::string& target);

}  // namespace wxsec::certs
