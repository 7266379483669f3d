// The extensions of a certificate (RFC 5280 4.2), encoded. For lib/pki alone.
#pragma once

#include "lib/core/bytes.h"
#include "lib/core/result.h"
#include "lib/pki/der.h"
#include "lib/pki/issue.h"

namespace wxsec::pki {

// A Name of organisation and common name, both optional: RFC 5280 4.1.2.4. Fails with usage on
// text that is no UTF-8 or longer than the 64 characters of RFC 5280 appendix A.1.
core::Result<void> write_name(DerWriter& out, const CertificateSpec& spec);

// The subjectAltName extension of spec.names; nothing where there are none. Fails with usage.
core::Result<void> write_alternative_names(DerWriter& out, const CertificateSpec& spec);

// First 160 bits of the SHA-256 of the SubjectPublicKeyInfo: RFC 7093 section 2, method 4 with a
// cut.
core::Bytes key_id_of(core::ByteView public_key);

// The authority's key identifier, as an extension of certificates and CRLs.
void write_authority_key_id(DerWriter& out, core::ByteView key_id);

// The extensions' SEQUENCE without its [3]. `authority_key_id` is empty for self-signed ones. Fails
// with usage when a name cannot be encoded.
core::Result<void> write_extensions(DerWriter& out, const CertificateSpec& spec,
                                    core::ByteView public_key, core::ByteView authority_key_id);

}  // namespace wxsec::pki
