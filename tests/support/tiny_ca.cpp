#include "tests/support/tiny_ca.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace wxsec::test {
namespace {

// A test that cannot make its certificates cannot say anything.
void must(core::Result<void> result) {
  if (result) return;
  std::fprintf(stderr, "test fixture: %s\n", result.error().what.c_str());
  std::abort();
}
template <class T>
T must(core::Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "test fixture: %s\n", result.error().what.c_str());
  std::abort();
}

pki::CertificateSpec authority_spec(const std::string& name) {
  const core::Instant now = core::system_clock().now();
  pki::CertificateSpec spec;
  spec.common_name = name;
  spec.not_before = now - std::chrono::hours(24 * 365);
  spec.not_after = now + std::chrono::hours(24 * 365);
  spec.is_ca = true;
  return spec;
}

}  // namespace

TinyCa::Authority TinyCa::make(const std::string& name) {
  pki::Key key = must(pki::Key::generate(pki::KeyType::p256));
  pki::Certificate certificate = must(pki::Issuer::self_sign(authority_spec(name), key));
  return {std::move(key), std::move(certificate)};
}

TinyCa::TinyCa(std::string name) : TinyCa(make(name)) {}

TinyCa::TinyCa(Authority authority)
    : pem_(pki::to_pem(authority.certificate)),
      issuer_(must(pki::Issuer::create(authority.certificate, authority.key))) {}

tls::Identity TinyCa::issue(const Leaf& leaf) const {
  const core::Instant now = core::system_clock().now();
  pki::CertificateSpec spec;
  spec.common_name = leaf.common_name;
  for (const std::string& name : leaf.names) {
    spec.names.push_back(must(pki::parse_alternative_name(name)));
  }
  spec.not_before = now + leaf.starts;
  spec.not_after = now + leaf.ends;
  spec.server = leaf.server;
  spec.client = leaf.client;
  const pki::Key key = must(pki::Key::generate(leaf.key));
  const pki::Certificate certificate = must(issuer_.issue(spec, key.public_key()));
  return {pki::to_pem(certificate), key.to_pem(), leaf.common_name};
}

tls::Identity TinyCa::client(std::string common_name) const {
  Leaf leaf;
  leaf.names = {common_name};
  leaf.common_name = std::move(common_name);
  leaf.server = false;
  leaf.client = true;
  return issue(leaf);
}

std::string TinyCa::crl(const std::vector<tls::Identity>& revoked) const {
  const core::Instant now = core::system_clock().now();
  std::vector<pki::Revoked> entries;
  for (const tls::Identity& identity : revoked) {
    entries.push_back({must(pki::parse_certificates(identity.chain_pem)).front().serial, now,
                       pki::RevocationReason::key_compromise});
  }
  return pki::to_pem(must(
      issuer_.issue_crl(entries, 1, now - std::chrono::hours(1), now + std::chrono::hours(24))));
}

std::string write_identity(const core::Path& directory, const std::string& name,
                           const tls::Identity& identity) {
  const std::string stem = (directory / name).string();
  must(core::write_file_atomic(stem + ".pem", identity.chain_pem, {}));
  must(core::write_file_atomic(stem + "-key.pem", identity.key_pem.reveal(), {.mode = 0600}));
  return stem;
}

}  // namespace wxsec::test
