#include "src/look/examine.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "lib/core/secret.h"
#include "lib/pki/key.h"
#include "lib/pki/plain_key.h"
#include "src/certs/crl_file.h"
#include "src/certs/forgotten.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

constexpr std::size_t kMaxKeyFile = 64 * 1024;

core::Path key_path(const core::Path& file) {
  const std::string name = file.filename().string();
  const core::Path folder = file.parent_path();
  if (name == "cert.pem" || name == "fullchain.pem") return folder / "privkey.pem";
  core::Path key = file;
  return key.replace_extension(".key");
}

// An offline root signs no lists; an authority is judged by its issuer's only where there is one.
bool needs_lists(const pki::Certificate& leaf, const Trust& trust) {
  return !leaf.is_ca || trust.has_list_for(leaf);
}

bool has_use(const pki::Certificate& certificate, std::string_view use) {
  const auto& uses = certificate.extended_key_usage;
  return std::find(uses.begin(), uses.end(), use) != uses.end();
}

// A verifier takes it for both, which is what makes it dangerous.
pki::Verdict unless_also_authority(pki::Verdict verdict, const pki::Certificate& leaf) {
  const bool serves = has_use(leaf, "serverAuth") || has_use(leaf, "clientAuth");
  if (!verdict.valid() || !leaf.is_ca || !serves) return verdict;
  verdict.reason = pki::Reason::wrong_purpose;
  verdict.sentence =
      "it is an authority's as well: whoever has this key can make other certificates";
  verdict.hint = "issue one for its use alone: wxsec certs issue --dir DIR --profile server NAME";
  return verdict;
}

pki::Verdict unless_forgotten(pki::Verdict verdict, const std::vector<pki::Certificate>& chain,
                              const Trust& trust, core::Instant now) {
  if (!verdict.valid() || !trust.has_forgotten(chain.front())) return verdict;
  return pki::revoked_verdict(chain, now);
}

pki::VerifyOptions options_for(const Trust& trust, std::vector<pki::Crl> crls, core::Instant now) {
  pki::VerifyOptions options;
  options.trust = trust.roots;
  options.intermediates = trust.issuers;
  options.crls = std::move(crls);
  options.at = now;
  return options;
}

bool holds_key(std::string_view text) {
  return text.find("PRIVATE KEY-----") != std::string_view::npos;
}

KeyState match_key(std::string_view key_text, mode_t mode, const pki::Certificate& leaf) {
  auto matches = pki::plain_key_matches(key_text, leaf);
  if (!matches) {
    const auto key = pki::Key::parse(key_text, {});
    const bool encrypted = key_text.find("ENCRYPTED") != std::string_view::npos;
    if (!key) return encrypted ? KeyState::unreadable : KeyState::malformed;
    matches = key->matches(leaf);
  }
  if (!*matches) return KeyState::mismatch;
  return (mode & S_IRWXO) != 0 ? KeyState::exposed : KeyState::matches;
}

Judge::Judgement judge_alone(const std::vector<pki::Certificate>& chain, core::Instant now) {
  pki::Verdict verdict = pki::verify_alone(chain, now);
  const bool dates_only = verdict.valid();
  return {std::move(verdict), dates_only, false};
}

}  // namespace

bool is_stranger(pki::Reason reason) {
  return reason == pki::Reason::unknown_issuer || reason == pki::Reason::self_signed;
}

bool Trust::has_list_for(const pki::Certificate& leaf) const {
  return std::any_of(crls.begin(), crls.end(), [&](const pki::Crl& crl) {
    return crl.authority_key_id == leaf.authority_key_id;
  });
}

bool Trust::has_forgotten(const pki::Certificate& leaf) const {
  const auto by_issuer = forgotten.find(leaf.authority_key_id);
  return by_issuer != forgotten.end() &&
         std::any_of(by_issuer->second.begin(), by_issuer->second.end(),
                     [&](const pki::Revoked& one) { return one.serial == leaf.serial; });
}

Judge::Judge(Trust trust, core::Instant now)
    : trust_(std::move(trust)),
      now_(now),
      with_lists_(options_for(trust_, trust_.crls, now)),
      without_lists_(options_for(trust_, {}, now)) {}

Judge::Judgement Judge::judge(const std::vector<pki::Certificate>& chain) {
  if (chain.empty() || trust_.roots.empty()) return judge_alone(chain, now_);
  const pki::Certificate& leaf = chain.front();
  pki::ChainVerifier& verifier = needs_lists(leaf, trust_) ? with_lists_ : without_lists_;
  pki::Verdict verdict = verifier.verify(chain, purpose_of(leaf));
  if (is_stranger(verdict.reason) && !trust_.asked_for) return judge_alone(chain, now_);
  verdict = unless_forgotten(std::move(verdict), chain, trust_, now_);
  verdict = unless_also_authority(std::move(verdict), leaf);
  const bool without_lists = verdict.valid() && !trust_.has_list_for(leaf) && !leaf.is_ca;
  return {std::move(verdict), false, without_lists};
}

Trust system_trust() {
  const char* const named = std::getenv("SSL_CERT_FILE");
  const auto roots =
      pki::load_certificates(named != nullptr ? named : "/etc/ssl/certs/ca-certificates.crt");
  return {roots ? *roots : std::vector<pki::Certificate>(), {}, {}, true};
}

core::Result<Trust> load_trust(const core::Path& ca, const core::Path& dir) {
  Trust trust;
  if (!ca.empty()) {
    const std::string text = WXSEC_TRY(core::read_file(ca, pki::kMaxCertificateFile));
    trust.roots = WXSEC_TRY(pki::parse_certificates(text));
    if (text.find("BEGIN X509 CRL") != std::string::npos)
      trust.crls = WXSEC_TRY(pki::parse_crls(text));
    trust.asked_for = true;
    return trust;
  }
  const Layout layout(dir);
  if (core::path_exists(layout.ca())) trust.roots = WXSEC_TRY(pki::load_certificates(layout.ca()));
  if (!trust.roots.empty() && core::path_exists(layout.crl()))
    trust.crls = WXSEC_TRY(read_crl_file(layout.crl()));
  auto forgotten = forgotten_by(layout, trust.crls);
  if (!forgotten) trust.ledger_trouble = forgotten.error();
  if (forgotten) trust.forgotten = std::move(*forgotten);
  if (auto issuers = pki::load_certificates(layout.issuing().cert))
    trust.issuers = std::move(*issuers);
  return trust;
}

pki::Purpose purpose_of(const pki::Certificate& leaf) {
  const bool server = has_use(leaf, "serverAuth");
  if (leaf.is_ca || server == has_use(leaf, "clientAuth")) return pki::Purpose::any;
  return server ? pki::Purpose::server : pki::Purpose::client;
}

pki::Verdict judge(const std::vector<pki::Certificate>& chain, const Trust& trust,
                   const std::optional<std::string>& host, core::Instant now) {
  if (chain.empty() || trust.roots.empty()) return pki::verify_alone(chain, now);
  pki::VerifyOptions options;
  options.trust = trust.roots;
  options.intermediates = trust.issuers;
  if (needs_lists(chain.front(), trust)) options.crls = trust.crls;
  options.purpose = purpose_of(chain.front());
  options.host = host;
  options.at = now;
  pki::Verdict verdict = pki::verify(chain, options);
  if (is_stranger(verdict.reason) && !trust.asked_for) return pki::verify_alone(chain, now);
  verdict = unless_forgotten(std::move(verdict), chain, trust, now);
  return unless_also_authority(std::move(verdict), chain.front());
}

KeyState key_beside(const core::Path& certificate_file, std::string_view text,
                    const pki::Certificate& leaf) {
  const bool inside = holds_key(text);
  const core::Path path = inside ? certificate_file : key_path(certificate_file);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return KeyState::absent;
  if (inside) return match_key(text, info.st_mode, leaf);
  auto read = core::read_file(path, kMaxKeyFile);
  if (!read) return KeyState::unreadable;  // no right to read it: not ours to judge
  const core::Secret key_text(std::move(*read));
  return match_key(key_text.reveal(), info.st_mode, leaf);
}

KeyState key_beside(const core::Path& certificate_file, const pki::Certificate& leaf) {
  const auto text = core::read_file(certificate_file, pki::kMaxCertificateFile);
  return key_beside(certificate_file, text ? std::string_view(*text) : std::string_view(), leaf);
}

}  // namespace wxsec::certs
