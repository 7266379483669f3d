// Does this private key belong to that certificate: the short way for the keys that we write
// ourselves (PKCS#8, P-256 or P-384, in clear), for the sake of those who check thousands.
#pragma once

#include <optional>
#include <string_view>

#include "lib/pki/certificate.h"

namespace wxsec::pki {

// Multiplies the curve's generator by the key and compares the point with the certificate's: what
// the file claims as public half is not believed. Nothing where the file holds anything else than
// one such key; then Key::parse() and Key::matches() tell.
std::optional<bool> plain_key_matches(std::string_view pem, const Certificate& certificate);

}  // namespace wxsec::pki
