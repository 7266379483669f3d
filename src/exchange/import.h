// Taking over a certificate that was made elsewhere: whatever files there are become one identity
// in the usual layout, or an error that names what is missing.
#pragma once

#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/contents.h"
#include "lib/pki/verify.h"
#include "src/issue/issue.h"

namespace wxsec::certs {

struct ImportOptions {
  core::Path dir = "certs";  // made if need be
  std::string name = {};     // the identity's folder: DIR/NAME
  // In any order: PEM, DER, PKCS#12; keys in PKCS#1, SEC1 or PKCS#8, encrypted or not; with CRLF,
  // byte order marks, UTF-16, anything around the blocks.
  std::vector<core::Path> files = {};
  core::Passphrase passphrase = {};  // for encrypted keys and PKCS#12
  std::string group = {};            // may read the key
  IfExists if_exists = IfExists::refuse;
};

struct ImportedFile {
  core::Path path = {};
  std::string holds = {};  // "2 certificates, 1 private key (SEC1)"
};

struct Imported {
  std::string name = {};
  core::Path folder = {};
  core::Path generation = {};
  IdentityFiles files = {};                   // through `current`
  std::vector<pki::Certificate> chain = {};   // leaf first, without a root
  std::vector<pki::Certificate> unused = {};  // given, but not in the chain (roots among them)
  std::vector<std::string> unused_keys = {};  // "old.key: a P-256 key, ...": with why
  std::vector<ImportedFile> read = {};
  std::vector<std::string> completed_from = {};  // "DIR/ca.pem": where a missing issuer was found
  std::vector<std::string> dismissed = {};  // "acme.json": of who renewed what was here, set aside
  std::vector<std::string> same_key = {};   // other identities of DIR whose key it is
  std::vector<std::string> same_certificate = {};  // of these: whose certificate it is, too
  // Judged by DIR/ca.pem, the roots among the files, and the system's store.
  pki::Verdict verdict = {};
  bool ends_at_root = false;  // the chain leads to a self-issued certificate that was found
};

// Finds the certificate that the key fits, orders the chain by issuer and signature, adds issuers
// from the files, DIR and the system's store, checks key, signatures and dates, and installs all as
// one generation. Nothing is written unless all is there. Fails: usage (no file, name), not_found
// (a file; no certificate, no key in them), crypto (passphrase; the key fits none of the
// certificates; expired), malformed, unsupported (several keys that fit), exists, permission, io,
// busy.
core::Result<Imported> import(const ImportOptions& options, const core::Clock& clock);

}  // namespace wxsec::certs
