// What is in a certificate file, whatever its form: PEM with anything around it, DER, PKCS#12;
// written on Linux, on Windows or by an editor that adds marks. One reader for all who take files
// from people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"
#include "lib/pki/csr.h"
#include "lib/pki/key.h"

namespace wxsec::pki {

enum class FileForm { pem, der, pkcs12 };
// "PEM", "DER", "PKCS#12".
std::string_view file_form_text(FileForm form);

struct Contents {
  FileForm form = FileForm::pem;
  std::vector<Certificate> certificates = {};  // in the file's order
  std::vector<Key> keys = {};
  std::vector<std::string> key_wrappings = {};  // "PKCS#8", "SEC1", ...: one per private key found
  bool locked_key = false;  // a key is encrypted and no passphrase was given: it is not in `keys`
  std::vector<Csr> requests = {};
  std::vector<Crl> lists = {};
  std::vector<std::string> skipped = {};  // labels of PEM blocks that are none of these
  std::string friendly_name = {};         // PKCS#12
  bool weak_encryption = false;           // PKCS#12 under 3DES, RC2 or SHA-1

  bool empty() const {
    return certificates.empty() && keys.empty() && !locked_key && requests.empty() && lists.empty();
  }
};

// Everything in `bytes`. A block that is damaged fails the whole, since half a file must not be
// taken for all of it; blocks of other kinds are only named. With no passphrase given an encrypted
// key is skipped (`locked_key`), but PKCS#12 fails. Fails: malformed, not_found (nothing of it is
// known), crypto (wrong passphrase), too_large (absurd cost), unsupported.
core::Result<Contents> parse_contents(std::string_view bytes, const core::Secret& passphrase);
// The same from a file of at most kMaxCertificateFile bytes; errors name it.
core::Result<Contents> load_contents(const core::Path& path, const core::Secret& passphrase);

}  // namespace wxsec::pki
