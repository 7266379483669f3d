// How much computing an encrypted key or PKCS#12 file asks for before its passphrase can be tried.
// The numbers stand in the file: a hostile one could keep us busy for days. For lib/pki alone.
#pragma once

#include <openssl/x509.h>

#include "lib/core/result.h"

namespace wxsec::pki {

// Rounds of PBKDF2 or PKCS#12's own derivation; OWASP asks for 600,000.
inline constexpr long kMaxDerivationRounds = 10'000'000;
// N * r * p of scrypt (RFC 7914); 2^20 * 8 is what careful people use.
inline constexpr long kMaxScryptCost = 1L << 24;

// Whether the password-based scheme (RFC 8018 PBES1, PBES2; RFC 7292 appendix C) stays within
// these. Fails with too_large, or with unsupported where its parameters are not understood.
core::Result<void> check_derivation_cost(const X509_ALGOR* scheme);
core::Result<void> check_derivation_rounds(const ASN1_INTEGER* rounds);

// Whether the scheme is of the old, weak kind: RC2, RC4, DES, 3DES.
bool is_weak_scheme(const X509_ALGOR* scheme);

}  // namespace wxsec::pki
