// An identity in the forms that others want: PKCS#12 for Windows, Android, browsers and Java, DER
// for small stacks, a C header for firmware.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/passphrase.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/pkcs12.h"

namespace wxsec::certs {

enum class ExportFormat { pkcs12, der, c_header };
// "pkcs12", "der", "c-header".
std::string_view export_format_text(ExportFormat format);
core::Result<ExportFormat> parse_export_format(std::string_view text);

struct ExportOptions {
  core::Path dir = "certs";
  std::string name = {};  // identity
  ExportFormat format = ExportFormat::pkcs12;
  core::Path out = {};  // pkcs12, c_header: a file; der: a folder. Must not be there yet.
  // Of the new PKCS#12 file. The other forms have none: who can read them has the key.
  core::Passphrase passphrase = {};
  pki::Pkcs12Protection protection = pki::Pkcs12Protection::strong;
};

struct Exported {
  std::string name = {};
  core::Path generation = {};  // what was exported
  std::vector<core::Path> files = {};
  pki::Certificate certificate = {};
  bool revoked = false;       // here: nobody takes it
  bool has_key = true;        // false where the key is not in the directory (see sign.h)
  bool key_in_clear = false;  // one of `files` is the private key for whoever can read it
};

// Writes new files, 0600 where they hold the key. Fails: usage (name, passphrase missing for
// pkcs12), not_found (identity; for pkcs12 also its key), exists, crypto, permission, io.
core::Result<Exported> export_identity(const ExportOptions& options);

// The header's text: PEM of roots, chain and key (no key if it is empty) as string literals that C
// and C++ both read: wxsec_ca, wxsec_cert, wxsec_key.
core::Secret c_header(std::string_view name, const std::vector<pki::Certificate>& roots,
                      const std::vector<pki::Certificate>& chain, const core::Secret& key_pem);

}  // namespace wxsec::certs
