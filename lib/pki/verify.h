// Is this chain good, and if not: why, in one word for programs and one sentence for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"

namespace wxsec::pki {

enum class Reason {
  valid,
  expired,
  not_yet_valid,
  wrong_host_name,
  unknown_issuer,      // nobody we trust signed it, or an intermediate is missing
  self_signed,         // it vouches for itself and is not in the trust list
  bad_signature,       // the issuer's name is right, the signature is not
  wrong_purpose,       // a client's certificate shown by a server, or the other way round
  name_not_permitted,  // the authority may not sign for this name
  revoked,
  revocation_unknown,  // no list of that authority, or it is out of date
  weak_key,
  weak_signature,    // SHA-1, MD5
  not_an_authority,  // an issuer in the chain is no CA
  path_too_long,
  malformed,       // extensions contradict each other or the standard
  no_certificate,  // the peer showed none
  other,
};

// "wrong-host-name": for JSON and for tests.
std::string_view reason_text(Reason reason);

enum class Purpose { any, server, client };

struct VerifyOptions {
  std::vector<Certificate> trust = {};          // roots; without one nothing is valid
  std::vector<Certificate> intermediates = {};  // untrusted helpers, besides the rest of the chain
  std::vector<Crl> crls = {};                   // empty: revocation is not looked at
  Purpose purpose = Purpose::any;
  std::optional<std::string> host = {};  // DNS name or address that the leaf must be for
  core::Instant at = {};                 // validity is judged at this moment
};

struct Verdict {
  Reason reason = Reason::valid;
  std::string sentence = {};  // "the certificate of broker.wx.test expired 3 days ago (2026-11-19)"
  std::string hint = {};      // one thing to do; "" when valid
  std::size_t depth = 0;      // index of the certificate at fault, 0 is the leaf
  // Leaf first, up to the root, where a path could be built.
  std::vector<Certificate> path = {};
  bool valid() const { return reason == Reason::valid; }
};

// Verifies chain[0] with the rest as helpers, strictly (RFC 5280, OpenSSL's
// X509_V_FLAG_X509_STRICT). Never fails: what cannot be judged has Reason::other or malformed. An
// empty chain: no_certificate.
Verdict verify(const std::vector<Certificate>& chain, const VerifyOptions& options);

// Whether every certificate of a chain is within its dates, and nothing else: for chains whose root
// is not known. The first fault counts, from the leaf upwards.
Verdict verify_dates(const std::vector<Certificate>& chain, core::Instant at);

// What can be told of a chain without anybody to trust: its dates, and what is wrong in itself, as
// weak keys and digests, or a signature, name or authority that does not fit the issuer that is in
// the chain, too. Valid means no more than that.
Verdict verify_alone(const std::vector<Certificate>& chain, core::Instant at);

// What verify() says of a leaf that a list names, for whoever knows that from elsewhere.
Verdict revoked_verdict(const std::vector<Certificate>& chain, core::Instant at);

// The same words for a verification that somebody else ran, as in a TLS handshake: `x509_error` is
// OpenSSL's X509_V_ERR_* (SSL_get_verify_result), `chain` what the peer showed, `host` what was
// wanted ("" if nothing).
Verdict explain_verify_result(long x509_error, std::size_t depth,
                              const std::vector<Certificate>& chain, std::string_view host,
                              core::Instant at);

}  // namespace wxsec::pki
