#include "lib/pki/chain.h"

#include <algorithm>

#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

// Names and identifiers first: a signature is a thousand times as costly to check.
bool may_be_issuer(const Certificate& certificate, const Certificate& issuer) {
  return issuer.subject == certificate.issuer &&
         (issuer.subject_key_id.empty() || certificate.authority_key_id.empty() ||
          issuer.subject_key_id == certificate.authority_key_id);
}

}  // namespace

bool is_issued_by(const Certificate& certificate, const Certificate& issuer) {
  if (!may_be_issuer(certificate, issuer)) return false;
  const auto child = to_x509(certificate);
  const auto parent = to_x509(issuer);
  EVP_PKEY* const key = parent ? X509_get0_pubkey(parent->get()) : nullptr;
  const bool good = child && key != nullptr &&
                    X509_check_issued(parent->get(), child->get()) == X509_V_OK &&
                    X509_verify(child->get(), key) == 1;
  drain_errors();
  return good;
}

std::vector<Certificate> build_chain(const Certificate& leaf,
                                     const std::vector<Certificate>& candidates) {
  std::vector<Certificate> chain{leaf};
  while (!chain.back().self_issued && chain.size() < kMaxChain) {
    const Certificate* next = nullptr;
    for (const Certificate& candidate : candidates) {
      if (next != nullptr && candidate.not_after <= next->not_after) continue;
      if (is_issued_by(chain.back(), candidate)) next = &candidate;
    }
    if (next == nullptr) break;
    chain.push_back(*next);
  }
  return chain;
}

}  // namespace wxsec::pki
