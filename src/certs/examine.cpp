#include "src/certs/examine.h"

#include <sys/stat.h>

#include <algorithm>

#include "lib/pki/key.h"
#include "src/certs/crl_file.h"
#include "src/certs/layout.h"

namespace wxsec::certs {
namespace {

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

}  // namespace

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
  if (chain.empty() || trust.roots.empty()) return pki::verify_dates(chain, now);
  pki::VerifyOptions options;
  options.trust = trust.roots;
  // An offline root signs no lists; an authority is judged by its issuer's only where there is one.
  const bool has_list = std::any_of(trust.crls.begin(), trust.crls.end(), [&](const pki::Crl& crl) {
    return crl.authority_key_id == chain.front().authority_key_id;
  });
  if (has_list || !chain.front().is_ca) options.crls = trust.crls;
  options.purpose = purpose_of(chain.front());
  options.host = host;
  options.at = now;
  pki::Verdict verdict = pki::verify(chain, options);
  if (is_stranger(verdict.reason) && !trust.asked_for) return pki::verify_dates(chain, now);
  return verdict;
}

KeyState key_beside(const core::Path& certificate_file, const pki::Certificate& leaf) {
  const core::Path path = key_path(certificate_file);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return KeyState::absent;
  const auto key = pki::Key::load(path, {});
  if (!key) return KeyState::unreadable;  // no right to read it, or encrypted: not ours to judge
  if (!key->matches(leaf)) return KeyState::mismatch;
  return (info.st_mode & S_IRWXO) != 0 ? KeyState::exposed : KeyState::matches;
}

}  // namespace wxsec::certs
