#include "src/look/examine.h"

#include <sys/stat.h>

#include <algorithm>

#include "lib/core/secret.h"
#include "lib/pki/key.h"
#include "lib/pki/plain_key.h"
#include "src/certs/crl_file.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

constexpr std::size_t kMaxKeyFile = 64 * 1024;

bool is_stranger(pki::Reason reason) {
  return reason == pki::Reason::unknown_issuer || reason == pki::Reason::self_signed;
}

core::Path key_path(const core::Path& file) {
  const std::string name = file.filename().string();
  const core::Path folder = file.parent_path();
  if (name == "cert.pem" || name == "fullchain.pem") return folder / "privkey.pem";
  core::Path key = file;
  return key.replace_extension(".key");
}

// An offline root signs no lists; an authority is judged by its issuer's only where there is one.
bool needs_lists(const pki::Certificate& leaf, const Trust& trust) {
  return !leaf.is_ca || std::any_of(trust.crls.begin(), trust.crls.end(), [&](const pki::Crl& crl) {
    return crl.authority_key_id == leaf.authority_key_id;
  });
}

pki::VerifyOptions options_for(const Trust& trust, std::vector<pki::Crl> crls, core::Instant now) {
  pki::VerifyOptions options;
  options.trust = trust.roots;
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
    if (!key) return KeyState::unreadable;  // encrypted, say: not ours to judge
    matches = key->matches(leaf);
  }
  if (!*matches) return KeyState::mismatch;
  return (mode & S_IRWXO) != 0 ? KeyState::exposed : KeyState::matches;
}

Judge::Judgement judge_alone(const std::vector<pki::Certificate>& chain, core::Instant now) {
  pki::Verdict verdict = pki::verify_alone(chain, now);
  const bool dates_only = verdict.valid();
  return {std::move(verdict), dates_only};
}

}  // namespace

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
  return {std::move(verdict), false};
}

core::Result<Trust> load_trust(const core::Path& ca, const core::Path& dir) {
  Trust trust;
  if (!ca.empty()) {
    trust.roots = WXSEC_TRY(pki::load_certificates(ca));
    trust.asked_for = true;
    return trust;
  }
  const Layout layout(dir);
  if (core::path_exists(layout.ca())) trust.roots = WXSEC_TRY(pki::load_certificates(layout.ca()));
  if (!trust.roots.empty() && core::path_exists(layout.crl()))
    trust.crls = WXSEC_TRY(read_crl_file(layout.crl()));
  return trust;
}

pki::Purpose purpose_of(const pki::Certificate& leaf) {
  const auto has = [&](const char* use) {
    const auto& uses = leaf.extended_key_usage;
    return std::find(uses.begin(), uses.end(), use) != uses.end();
  };
  if (leaf.is_ca || has("serverAuth") == has("clientAuth")) return pki::Purpose::any;
  return has("serverAuth") ? pki::Purpose::server : pki::Purpose::client;
}

pki::Verdict judge(const std::vector<pki::Certificate>& chain, const Trust& trust,
                   const std::optional<std::string>& host, core::Instant now) {
  if (chain.empty() || trust.roots.empty()) return pki::verify_alone(chain, now);
  pki::VerifyOptions options;
  options.trust = trust.roots;
  if (needs_lists(chain.front(), trust)) options.crls = trust.crls;
  options.purpose = purpose_of(chain.front());
  options.host = host;
  options.at = now;
  pki::Verdict verdict = pki::verify(chain, options);
  if (is_stranger(verdict.reason) && !trust.asked_for) return pki::verify_alone(chain, now);
  return verdict;
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
