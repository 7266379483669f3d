// Whether a key waits for a passphrase.
#pragma once

#include "lib/core/file.h"

namespace wxsec::certs {

inline constexpr const char* kPassphraseVariable = "WXSEC_CA_PASSPHRASE";

// PKCS#8's own words (RFC 7468 11), or the older header (RFC 1421 4.6.1.1). False where there is no
// key.
bool is_key_encrypted(const core::Path& key);

// The key that DIR signs with.
bool is_authority_encrypted(const core::Path& dir);

}  // namespace wxsec::certs
