// A chain whose root nobody here knows can still be wrong in itself: out of date, weak, or not even
// signed by the one beside it that claims to have signed it. What is left after that is "by its
// dates alone", and whoever says so must say it in these words: everybody can make such a chain.
#include <algorithm>

#include "lib/pki/chain_verifier.h"
#include "lib/pki/explain.h"
#include "lib/pki/verify.h"

namespace wxsec::pki {
namespace {

constexpr int kMinRsaBits = 2048;

struct Fault {
  Reason reason = Reason::valid;
  std::size_t depth = 0;
};

bool same_key(const Certificate& signed_one, const Certificate& signer) {
  return signed_one.authority_key_id.empty() || signer.subject_key_id.empty() ||
         signed_one.authority_key_id == signer.subject_key_id;
}

// Nothing for a root: nobody relies on its signature.
Reason weakness(const Certificate& certificate) {
  if (certificate.key_kind == KeyKind::rsa && certificate.key_bits < kMinRsaBits)
    return Reason::weak_key;
  const bool weak_digest =
      certificate.signature_digest == "SHA1" || certificate.signature_digest == "MD5";
  return weak_digest && !certificate.self_issued ? Reason::weak_signature : Reason::valid;
}

bool permits_all(const Certificate& issuer, const Certificate& certificate) {
  return !issuer.has_constraints ||
         std::all_of(certificate.names.begin(), certificate.names.end(),
                     [&](const auto& name) { return permits(issuer.constraints, name); });
}

// `at` against the one in the chain that its issuer's name and key lead to; fine where none does.
Fault fault_with_issuer(const std::vector<Certificate>& chain, std::size_t at) {
  const Certificate& certificate = chain[at];
  const auto issuer = std::find_if(chain.begin(), chain.end(), [&](const Certificate& other) {
    return other.subject == certificate.issuer && same_key(certificate, other);
  });
  if (issuer == chain.end()) return {};
  const auto depth = static_cast<std::size_t>(issuer - chain.begin());
  if (!is_signed_by(certificate, *issuer)) return {Reason::bad_signature, at};
  // Version 1 has no way to say that it is an authority.
  if (depth != at && issuer->version == 3 && !issuer->is_ca)
    return {Reason::not_an_authority, depth};
  if (depth != at && !permits_all(*issuer, certificate)) return {Reason::name_not_permitted, at};
  return {};
}

Fault first_fault(const std::vector<Certificate>& chain) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (const Reason weak = weakness(chain[i]); weak != Reason::valid) return {weak, i};
    const Fault fault = fault_with_issuer(chain, i);
    if (fault.reason != Reason::valid) return fault;
  }
  return {};
}

}  // namespace

Verdict verify_alone(const std::vector<Certificate>& chain, core::Instant at) {
  Verdict dates = verify_dates(chain, at);
  if (!dates.valid()) return dates;
  const Fault fault = first_fault(chain);
  return explain({fault.reason, {}, fault.depth, chain, {}, at});
}

}  // namespace wxsec::pki
