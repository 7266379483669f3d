// Making certificates and revocation lists: from a description, a public key and an issuer.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"
#include "lib/pki/key.h"
#include "lib/pki/name.h"

namespace wxsec::pki {

enum class Digest { sha256, sha384, sha1 };  // sha1 for the lesson on weak signatures alone

// What goes into a certificate. Times are cut to whole seconds.
struct CertificateSpec {
  std::string common_name = {};
  std::string organization = {};
  std::vector<AlternativeName> names = {};
  core::Instant not_before = {};
  core::Instant not_after = {};
  bool is_ca = false;
  std::optional<long> path_length = {};  // for authorities
  NameConstraints constraints = {};      // for authorities; empty: none
  bool server = false;                   // extended key usage serverAuth
  bool client = false;                   // extended key usage clientAuth
  Digest digest = Digest::sha256;        // not used by Ed25519 keys
  core::Bytes acme_identifier = {};      // SHA-256 of a key authorization (RFC 8737 3); empty: none
};

// Signs with one authority's key. Building it costs a little, each signature then little else than
// the signature itself: keep it for a whole fleet. One thread at a time.
class Issuer {
 public:
  // An authority from its certificate and key. Fails with crypto if the two do not belong together.
  static core::Result<Issuer> create(const Certificate& authority, const Key& key);
  // One that signs itself: subject and issuer are `spec`'s name, the key `key`'s.
  static core::Result<Certificate> self_sign(const CertificateSpec& spec, const Key& key);

  // The same authority for another thread.
  core::Result<Issuer> clone() const;

  Issuer(Issuer&&) noexcept;
  Issuer& operator=(Issuer&&) noexcept;
  ~Issuer();

  // A certificate for `public_key` (SubjectPublicKeyInfo), with a random 127-bit serial. Fails:
  // usage, when the spec cannot be encoded; crypto.
  core::Result<core::Bytes> issue_der(const CertificateSpec& spec, core::ByteView public_key) const;
  core::Result<Certificate> issue(const CertificateSpec& spec, core::ByteView public_key) const;

  // A list that is valid until `next_update`. `number` must grow from list to list.
  core::Result<Crl> issue_crl(const std::vector<Revoked>& revoked, std::uint64_t number,
                              core::Instant this_update, core::Instant next_update) const;

  const Certificate& certificate() const;

 private:
  struct State;
  explicit Issuer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wxsec::pki
