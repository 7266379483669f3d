// The short way through a certificate that has nothing unusual in it. OpenSSL 3.0 takes 100 us for
// what is 3 us of reading, most of it to look for a decoder of the public key by name; for one
// handshake that is nothing, for the check of ten thousand files it is all.
//
// Whatever is unusual (version 1, an extension we do not read, a name with odd characters, a point
// that is not on its curve, an encoding that is not DER) gives nothing, and the caller goes the
// long way. So there are no two opinions on what a certificate says: a test and a fuzz target
// compare. For lib/pki alone.
#pragma once

#include <optional>

#include "lib/core/bytes.h"
#include "lib/pki/certificate.h"

namespace wxsec::pki {

// What view_of() would say of it, or nothing.
std::optional<Certificate> read_plain_certificate(core::ByteView der);

// Views into a certificate's DER: what is signed, how, by whom.
struct SignedParts {
  core::ByteView body;  // TBSCertificate
  core::ByteView algorithm;
  core::ByteView signature;
  core::ByteView issuer;      // Name, DER
  core::ByteView subject;     // likewise
  core::ByteView public_key;  // SubjectPublicKeyInfo
  core::ByteView not_before;
  core::ByteView not_after;
  core::ByteView serial;      // content of the INTEGER
  core::ByteView extensions;  // content of the [3]
};
// Nothing unless it is a version 3 certificate in DER from end to end.
std::optional<SignedParts> split_certificate(core::ByteView der);

// Fills the fields of extensions from their SEQUENCE; false where something is unusual.
bool read_plain_extensions(core::ByteView extensions, Certificate& out);

}  // namespace wxsec::pki
