#include "lib/pki/chain_verifier.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "lib/pki/openssl_ptr.h"
#include "lib/pki/plain_certificate.h"

namespace wxsec::pki {
namespace {

constexpr std::size_t kMostIssuers = 256;
constexpr std::size_t kMostNames = 100;

// An authority that a leaf was verified up to, ready for the next leaf.
struct KnownIssuer {
  core::Bytes subject;  // Name, DER
  std::string key_id;
  std::vector<NameConstraints> constraints;  // of all above the leaf
  std::set<std::string> revoked;             // serials
  PkeyPtr key;
  PkeyCtxPtr operation;
};

bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// What makes two leaves comparable: the certificates above them, byte by byte, and the purpose.
std::string key_of(const std::vector<Certificate>& chain, Purpose purpose) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(purpose)));
  for (std::size_t i = 1; i < chain.size(); ++i) key += chain[i].sha256;
  if (chain.size() == 1) key += chain.front().issuer + chain.front().authority_key_id;
  return key;
}

bool fits_purpose(const Certificate& leaf, Purpose purpose) {
  if (!has(leaf.key_usage, "digitalSignature") || has(leaf.key_usage, "keyCertSign")) return false;
  if (purpose == Purpose::any) return true;
  return has(leaf.extended_key_usage, purpose == Purpose::server ? "serverAuth" : "clientAuth");
}

bool is_strong(const Certificate& leaf) {
  return leaf.key_kind == KeyKind::rsa ? leaf.key_bits >= 2048 : leaf.key_kind != KeyKind::other;
}

bool is_permitted(const Certificate& leaf, const std::vector<NameConstraints>& all) {
  bool any_dns = false;
  for (const AlternativeName& name : leaf.names) {
    if (name.kind != NameKind::dns && name.kind != NameKind::ip) return all.empty();
    any_dns = any_dns || name.kind == NameKind::dns;
    for (const NameConstraints& constraints : all)
      if (!permits(constraints, name)) return false;
  }
  return any_dns || all.empty();  // without a DNS name OpenSSL holds the common name to them
}

// The leaf's own form, as strict verifiers want it (see extensions.cpp).
bool is_plain_leaf(const Certificate& leaf, const SignedParts& parts) {
  Certificate scratch;
  return !leaf.is_ca && leaf.has_basic_constraints && !leaf.subject.empty() &&
         !leaf.names.empty() && leaf.names.size() <= kMostNames && !leaf.subject_key_id.empty() &&
         is_strong(leaf) && read_plain_extensions(parts.extensions, scratch);
}

bool verify_signature(const KnownIssuer& issuer, const SignedParts& parts) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(parts.body.data(), parts.body.size(), digest.data());
  const bool good = EVP_PKEY_verify(issuer.operation.get(), parts.signature.data(),
                                    parts.signature.size(), digest.data(), digest.size()) == 1;
  if (!good) drain_errors();
  return good;
}

// The short way's digest is SHA-256 and its issuer's key on P-256; the others go the long way.
bool prepare_key(const Certificate& issuer, KnownIssuer& known) {
  const auto parsed = to_x509(issuer);
  if (!parsed || issuer.key_kind != KeyKind::ec_p256) return false;
  known.key.reset(X509_get_pubkey(parsed->get()));
  known.operation.reset(EVP_PKEY_CTX_new(known.key.get(), nullptr));
  return known.operation && EVP_PKEY_verify_init(known.operation.get()) == 1;
}

// The one list of that authority; false where there are several to choose from.
bool take_list(const std::vector<Crl>& crls, KnownIssuer& known) {
  const Crl* found = nullptr;
  for (const Crl& crl : crls) {
    if (crl.authority_key_id != known.key_id) continue;
    if (found != nullptr) return false;
    found = &crl;
  }
  if (found == nullptr) return crls.empty();
  for (const Revoked& entry : found->revoked) known.revoked.insert(entry.serial);
  return true;
}

}  // namespace

struct ChainVerifier::State {
  VerifyOptions options;
  std::map<std::string, KnownIssuer> known = {};
  std::size_t short_ways = 0;

  bool is_plainly_good(const Certificate& leaf, Purpose purpose, const KnownIssuer& issuer) const;
  void learn(const std::string& key, const Verdict& verdict);
};

bool ChainVerifier::State::is_plainly_good(const Certificate& leaf, Purpose purpose,
                                           const KnownIssuer& issuer) const {
  if (options.at <= leaf.not_before || options.at >= leaf.not_after ||
      leaf.authority_key_id != issuer.key_id || leaf.signature_algorithm != "ecdsa-with-SHA256" ||
      issuer.revoked.contains(leaf.serial) || !fits_purpose(leaf, purpose) ||
      !is_permitted(leaf, issuer.constraints))
    return false;
  const auto parts = split_certificate(leaf.der);
  return parts &&
         std::equal(parts->issuer.begin(), parts->issuer.end(), issuer.subject.begin(),
                    issuer.subject.end()) &&
         is_plain_leaf(leaf, *parts) && verify_signature(issuer, *parts);
}

// After a leaf was verified in full: what is above it is good for its siblings.
void ChainVerifier::State::learn(const std::string& key, const Verdict& verdict) {
  if (!verdict.valid() || verdict.path.size() < 2 || known.size() >= kMostIssuers) return;
  const Certificate& issuer = verdict.path[1];
  const auto parts = split_certificate(issuer.der);
  KnownIssuer one;
  one.key_id = issuer.subject_key_id;
  if (!parts || one.key_id.empty() || !prepare_key(issuer, one) || !take_list(options.crls, one))
    return;
  one.subject = core::to_bytes(parts->subject);
  for (std::size_t i = 1; i < verdict.path.size(); ++i)
    if (verdict.path[i].has_constraints) one.constraints.push_back(verdict.path[i].constraints);
  known.emplace(key, std::move(one));
}

ChainVerifier::ChainVerifier(VerifyOptions options)
    : state_(std::make_unique<State>(State{std::move(options)})) {}
ChainVerifier::ChainVerifier(ChainVerifier&&) noexcept = default;
ChainVerifier& ChainVerifier::operator=(ChainVerifier&&) noexcept = default;
ChainVerifier::~ChainVerifier() = default;

std::size_t ChainVerifier::short_ways() const { return state_->short_ways; }

Verdict ChainVerifier::verify(const std::vector<Certificate>& chain, Purpose purpose) {
  if (chain.empty()) return pki::verify(chain, state_->options);
  const std::string key = key_of(chain, purpose);
  const auto found = state_->known.find(key);
  if (found != state_->known.end() &&
      state_->is_plainly_good(chain.front(), purpose, found->second)) {
    ++state_->short_ways;
    return {};
  }
  state_->options.purpose = purpose;
  Verdict verdict = pki::verify(chain, state_->options);
  if (found == state_->known.end()) state_->learn(key, verdict);
  return verdict;
}

bool is_signed_by(const Certificate& certificate, const Certificate& issuer) {
  const auto signed_one = to_x509(certificate);
  const auto signer = to_x509(issuer);
  if (!signed_one || !signer) return false;
  EVP_PKEY* const key = X509_get0_pubkey(signer->get());
  const bool good = key != nullptr && X509_verify(signed_one->get(), key) == 1;
  drain_errors();
  return good;
}

}  // namespace wxsec::pki
