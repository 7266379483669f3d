#include "src/issue/new_authority.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/certs/backdate.h"
#include "src/certs/successor.h"

namespace wxsec::certs {
namespace {

pki::CertificateSpec spec_after(const pki::Certificate& old, std::string_view role,
                                const pki::Key& key, core::Instant now) {
  pki::CertificateSpec spec = authority_spec(role, old.constraints, key);
  spec.path_length = old.path_length;
  spec.not_before = now - kBackdate;
  spec.not_after = now + pki::lifetime(old) - kBackdate;
  return spec;
}

}  // namespace

pki::CertificateSpec authority_spec(std::string_view role, const pki::NameConstraints& constraints,
                                    const pki::Key& key) {
  const std::string domain =
      constraints.dns.empty() ? std::string("wxsec") : constraints.dns.front().substr(0, 40);
  unsigned mixed = 0;
  for (const std::uint8_t byte : key.public_key()) mixed = mixed * 31 + byte;
  pki::CertificateSpec spec;
  spec.common_name = fmt::format("{} {} {:04x}", domain, role, mixed & 0xFFFFU);
  spec.organization = "wxsec";
  spec.is_ca = true;
  spec.constraints = constraints;
  return spec;
}

core::Result<Pair> authority_pair(const pki::Certificate& certificate, const pki::Key& key,
                                  const core::Secret& passphrase) {
  core::Secret pem = key.to_pem();
  if (!passphrase.empty()) pem = WXSEC_TRY(key.to_encrypted_pem(passphrase));
  return Pair{{certificate}, std::move(pem)};
}

core::Result<NewAuthority> next_authority(const pki::Certificate& root,
                                          const pki::Certificate& issuing, core::Instant now) {
  pki::Key root_key = WXSEC_TRY(pki::Key::generate(key_type_of(root)));
  auto root_spec = spec_after(root, "root CA", root_key, now);
  pki::Certificate new_root = WXSEC_TRY(pki::Issuer::self_sign(root_spec, root_key));
  const pki::Issuer signer = WXSEC_TRY(pki::Issuer::create(new_root, root_key));
  pki::Key issuing_key = WXSEC_TRY(pki::Key::generate(key_type_of(issuing)));
  auto issuing_spec = spec_after(issuing, "issuing CA", issuing_key, now);
  issuing_spec.not_after = std::min(issuing_spec.not_after, new_root.not_after);
  pki::Certificate new_issuing = WXSEC_TRY(signer.issue(issuing_spec, issuing_key.public_key()));
  return NewAuthority{std::move(root_key), std::move(new_root), std::move(issuing_key),
                      std::move(new_issuing)};
}

}  // namespace wxsec::certs
