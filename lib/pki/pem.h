// PEM, the textual armour of RFC 7468: base64 between BEGIN and END lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"

namespace wxsec::pki {

struct PemBlock {
  std::string label;      // "CERTIFICATE"
  core::Bytes der;        // empty where the block has headers (old encrypted keys): see `text`
  std::string_view text;  // the whole block with its lines, in the input
};

// All blocks in order. Text around them, CR before LF, blanks at line ends and a UTF-8 byte order
// mark are skipped. Fails with malformed: no END line, labels that differ, bad base64.
core::Result<std::vector<PemBlock>> parse_pem(std::string_view text);

// True when a "-----BEGIN" line is in it.
bool looks_like_pem(std::string_view text);

// Lines of 64 characters.
std::string encode_pem(std::string_view label, core::ByteView der);
// The same for private keys: no copy outside the Secret.
core::Secret encode_secret_pem(std::string_view label, core::ByteView der);

// Base64 (RFC 4648 section 4) without line breaks.
std::string encode_base64(core::ByteView bytes);
// Strict but for white space, which is skipped; padding required. Fails with malformed.
core::Result<core::Bytes> decode_base64(std::string_view text);
// base64url without padding (RFC 4648 section 5), as in JOSE.
std::string encode_base64url(core::ByteView bytes);
// Strict: no white space, no padding, no left-over bits. Fails with malformed.
core::Result<core::Bytes> decode_base64url(std::string_view text);

}  // namespace wxsec::pki
