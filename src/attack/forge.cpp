// An attacker's certificates are good certificates, apart from one thing: who signed them, until
// when, or for which name. Each function here makes one such thing and nothing else, so that a
// refusal can only be about that.
#include "src/attack/forge.h"

#include "lib/pki/certificate.h"
#include "lib/pki/issue.h"
#include "lib/pki/key.h"

namespace wxsec::attack {
namespace {

using core::Instant;
using core::Result;
using namespace std::chrono_literals;

constexpr auto kDay = std::chrono::hours(24);

struct Authority {
  pki::Issuer issuer;
  std::string chain_pem;  // of the authority itself, as a leaf's holder would send it
};

pki::CertificateSpec valid_from_yesterday(std::string common_name, Instant now) {
  pki::CertificateSpec spec;
  spec.common_name = std::move(common_name);
  spec.not_before = now - kDay;
  spec.not_after = now + kDay;
  return spec;
}

Result<Authority> make_authority(Instant now) {
  pki::CertificateSpec spec = valid_from_yesterday("Somebody Else's CA", now);
  spec.is_ca = true;
  const pki::Key key = WXSEC_TRY(pki::Key::generate(pki::KeyType::p256));
  const pki::Certificate certificate = WXSEC_TRY(pki::Issuer::self_sign(spec, key));
  return Authority{WXSEC_TRY(pki::Issuer::create(certificate, key)), pki::to_pem(certificate)};
}

Result<Authority> load_authority(const Identity& files) {
  const std::vector<pki::Certificate> chain = WXSEC_TRY(pki::load_certificates(files.cert));
  const pki::Key key = WXSEC_TRY(pki::Key::load(files.key, core::Secret()));
  return Authority{WXSEC_TRY(pki::Issuer::create(chain.front(), key)), pki::to_pem(chain.front())};
}

Result<Forged> issue(const Authority& authority, const pki::CertificateSpec& spec) {
  const pki::Key key = WXSEC_TRY(pki::Key::generate(pki::KeyType::p256));
  const pki::Certificate leaf = WXSEC_TRY(authority.issuer.issue(spec, key.public_key()));
  return Forged{pki::to_pem(leaf) + authority.chain_pem, key.to_pem()};
}

// A domain that the CA may sign for; the name only has to be one that nobody dials.
std::string foreign_name(const pki::Certificate& authority) {
  for (const std::string& domain : authority.constraints.dns) {
    if (domain != "localhost") return "somebody-else." + domain;
  }
  return "somebody-else.invalid";
}

}  // namespace

Result<Forged> client_of_another_ca(const std::string& name, Instant now) {
  const Authority authority = WXSEC_TRY(make_authority(now));
  pki::CertificateSpec spec = valid_from_yesterday(name, now);
  spec.client = true;
  return issue(authority, spec);
}

Result<Forged> expired_client(const Identity& issuer, const std::string& name, Instant now) {
  const Authority authority = WXSEC_TRY(load_authority(issuer));
  pki::CertificateSpec spec = valid_from_yesterday(name, now);
  spec.client = true;
  spec.not_before = now - 2 * kDay;
  spec.not_after = now - 1h;
  return issue(authority, spec);
}

Result<Forged> server_of_another_ca(const std::string& host, Instant now) {
  const Authority authority = WXSEC_TRY(make_authority(now));
  pki::CertificateSpec spec = valid_from_yesterday(host, now);
  spec.server = true;
  for (const char* name : {"localhost", "127.0.0.1", "::1"})
    spec.names.push_back(WXSEC_TRY(pki::parse_alternative_name(name)));
  if (!net::is_loopback(host)) spec.names.push_back(WXSEC_TRY(pki::parse_alternative_name(host)));
  return issue(authority, spec);
}

Result<Forged> server_for_another_name(const Identity& issuer, Instant now, std::string& name) {
  const Authority authority = WXSEC_TRY(load_authority(issuer));
  name = foreign_name(authority.issuer.certificate());
  pki::CertificateSpec spec = valid_from_yesterday(name, now);
  spec.server = true;
  spec.names.push_back(WXSEC_TRY(pki::parse_alternative_name(name)));
  return issue(authority, spec);
}

Result<ForgedFiles> to_files(const Forged& forged) {
  auto directory = WXSEC_TRY(core::TempDirectory::create("wxsec-attack-"));
  const Identity identity{directory.path() / "fullchain.pem", directory.path() / "privkey.pem"};
  WXSEC_TRY(core::write_file_new(identity.cert, forged.chain_pem, {0600, {}}));
  WXSEC_TRY(core::write_file_new(identity.key, forged.key_pem.reveal(), {0600, {}}));
  return ForgedFiles{std::move(directory), identity};
}

}  // namespace wxsec::attack
