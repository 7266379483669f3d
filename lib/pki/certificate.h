// A certificate as wxsec sees it: a plain struct, filled once, that outlives the connection or the
// file it came from. Text in it is what the issuer wrote: escape it before it is printed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/pki/name.h"

namespace wxsec::pki {

enum class KeyKind { ec_p256, ec_p384, ec_p521, ed25519, rsa, other };

struct Certificate {
  core::Bytes der = {};

  int version = 3;           // 1, 2 or 3
  std::string serial = {};   // lower-case hexadecimal, at least two digits, no separators
  std::string subject = {};  // "O=wxsec, CN=broker": RFC 4514 escapes, first attribute first
  std::string issuer = {};
  std::string common_name = {};         // the subject's last CN, "" if none
  std::string issuer_common_name = {};  // likewise
  core::Instant not_before = {};
  core::Instant not_after = {};

  KeyKind key_kind = KeyKind::other;
  std::string key_algorithm = {};        // "P-256", "RSA", "Ed25519"; OpenSSL's name for others
  int key_bits = 0;                      // 256, 2048; 0 if the key does not parse
  std::string signature_algorithm = {};  // "ecdsa-with-SHA256"
  std::string signature_digest = {};     // "SHA256"; "" where the algorithm has none of its own

  std::vector<AlternativeName> names = {};  // subject alternative names
  bool names_critical = false;
  bool has_basic_constraints = false;
  bool basic_constraints_critical = false;
  bool is_ca = false;  // basicConstraints says CA:TRUE
  std::optional<long> path_length = {};
  std::vector<std::string> key_usage = {};  // "digitalSignature", "keyCertSign", ... RFC 5280 names
  bool key_usage_critical = false;
  // "serverAuth", "clientAuth"; dotted if unknown
  std::vector<std::string> extended_key_usage = {};
  NameConstraints constraints = {};
  bool has_constraints = false;
  std::string subject_key_id = {};    // hexadecimal, "" if absent
  std::string authority_key_id = {};  // likewise
  std::vector<std::string> crl_urls = {};
  std::vector<std::string> ocsp_urls = {};

  std::string sha256 = {};  // fingerprint of `der`, hexadecimal
  std::string public_key_sha256 =
      {};                    // of the SubjectPublicKeyInfo: the "pin" that renewals may keep
  bool self_issued = false;  // subject and issuer are equal

  friend bool operator==(const Certificate&, const Certificate&) = default;
};

// One certificate from DER; trailing bytes are refused. Fails with malformed.
core::Result<Certificate> parse_certificate(core::ByteView der);

// All certificates of a PEM text in their order; DER is recognised too. Other PEM blocks (keys,
// CRLs) are skipped, CRLF and a byte order mark are no obstacle. Fails: malformed (a block is
// broken), not_found (there is none), unsupported (PKCS#12; the hint has FILE for its name).
core::Result<std::vector<Certificate>> parse_certificates(std::string_view pem_or_der);
// The same from a file of at most kMaxCertificateFile bytes; errors name it.
core::Result<std::vector<Certificate>> load_certificates(const core::Path& path);
inline constexpr std::size_t kMaxCertificateFile = 4 * 1024 * 1024;

// PEM blocks of all, in order.
std::string to_pem(const Certificate& certificate);
std::string to_pem(const std::vector<Certificate>& chain);

// not_after - not_before: what "a third of its lifetime" is a third of.
std::chrono::milliseconds lifetime(const Certificate& certificate);
// Whole days until the end, rounded down; negative once expired.
long days_left(const Certificate& certificate, core::Instant now);

// Whether the certificate is for `host` (DNS name or address), by its alternative names alone: the
// common name is not looked at. RFC 6125.
bool is_for_host(const Certificate& certificate, std::string_view host);

// "AB:CD:EF": a fingerprint or serial as people compare it.
std::string colons(std::string_view hex);

// "P-256", "RSA 2048 bits", "Ed25519".
std::string key_text(const Certificate& certificate);

}  // namespace wxsec::pki
