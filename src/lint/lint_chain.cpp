// A certificate against those above it. The signature is checked by OpenSSL, against the one
// certificate that claims to be the issuer.
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/time.h"
#include "lib/pki/chain_verifier.h"
#include "src/lint/lint_subject.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

const Certificate* issuer_of(const std::vector<Certificate>& chain, const Certificate& of) {
  const auto found = std::find_if(chain.begin(), chain.end(), [&](const Certificate& other) {
    return other.subject == of.issuer && other.der != of.der;
  });
  return found == chain.end() ? nullptr : &*found;
}

void lint_permitted(const Certificate& issuer, const LintSubject& s) {
  if (!issuer.has_constraints) return;
  for (const pki::AlternativeName& name : s.certificate.names)
    if (!pki::permits(issuer.constraints, name)) s.add("name-not-permitted", pki::to_text(name));
}

// How many authorities stand between the issuer and the leaf at the bottom of the file.
void lint_path_length(const Certificate& issuer, const LintSubject& s) {
  const bool counts = s.certificate.is_ca && !s.certificate.self_issued;
  if (counts && issuer.path_length && *issuer.path_length < static_cast<long>(s.index))
    s.add("path-too-long", fmt::format("{} allows {}", issuer.common_name, *issuer.path_length));
}

void lint_signature(const Certificate& issuer, const LintSubject& s) {
  if (s.certificate.signature_digest == "SHA1" || s.certificate.signature_digest == "MD5") return;
  if (!pki::is_signed_by(s.certificate, issuer)) s.add("signature-bad", issuer.subject);
}

}  // namespace

void lint_issuing(const std::vector<Certificate>& chain, const LintSubject& s) {
  const Certificate& c = s.certificate;
  if (c.self_issued) {
    if (!s.is_authority()) s.add("self-signed-leaf", c.subject);
    return;
  }
  const Certificate* const issuer = issuer_of(chain, c);
  if (issuer == nullptr) {
    if (chain.size() == 1 && !s.is_authority()) s.add("chain-incomplete", c.issuer);
    return;
  }
  if (!issuer->is_ca) return s.add("issuer-not-authority", issuer->subject);
  if (c.not_after > issuer->not_after)
    s.add("outlives-issuer",
          fmt::format("{} ends {}", issuer->common_name, core::rfc3339(issuer->not_after)));
  const bool same_key = c.authority_key_id.empty() || issuer->subject_key_id.empty() ||
                        c.authority_key_id == issuer->subject_key_id;
  if (!same_key) s.add("authority-key-id-mismatch", c.authority_key_id);
  lint_permitted(*issuer, s);
  lint_path_length(*issuer, s);
  if (s.raw.inner_algorithm.size() == s.raw.outer_algorithm.size() &&
      std::equal(s.raw.inner_algorithm.begin(), s.raw.inner_algorithm.end(),
                 s.raw.outer_algorithm.begin()))
    lint_signature(*issuer, s);
}

}  // namespace wxsec::certs
