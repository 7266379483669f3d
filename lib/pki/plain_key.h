// The short way for the keys that we write ourselves (PKCS#8, P-256 or P-384, in clear): does one
// belong to that certificate, for the sake of those who check thousands; and OpenSSL's object of
// one, for the sake of commands that sign once and end. For lib/pki and those who check.
#pragma once

#include <optional>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/pki/certificate.h"

struct evp_pkey_st;

namespace wxsec::pki {

// The key of a PKCS#8 in DER, the caller's to free, with its public half computed, not believed;
// null where it is anything else than one such key with a scalar within its curve's order: then
// OpenSSL's decoders tell, which take a hundred times as long to be looked up as this takes.
evp_pkey_st* read_plain_key(core::ByteView der);

// Multiplies the curve's generator by the key and compares the point with the certificate's: what
// the file claims as public half is not believed. Nothing where the file holds anything else than
// one such key; then Key::parse() and Key::matches() tell.
std::optional<bool> plain_key_matches(std::string_view pem, const Certificate& certificate);

}  // namespace wxsec::pki
