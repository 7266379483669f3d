#include "src/revoke/trust_files.h"

#include <algorithm>

#include "src/certs/backdate.h"
#include "src/certs/crl_file.h"
#include "src/certs/linked.h"
#include "src/certs/root_list.h"

namespace wxsec::certs {
namespace {

bool holds(const std::vector<pki::Certificate>& list, const pki::Certificate& wanted) {
  return std::any_of(list.begin(), list.end(),
                     [&](const pki::Certificate& other) { return other.der == wanted.der; });
}

bool holds(const std::vector<pki::Crl>& lists, const pki::Certificate& authority) {
  return std::any_of(lists.begin(), lists.end(),
                     [&](const pki::Crl& list) { return is_by(list, authority); });
}

core::Result<void> join_lists(const Layout& layout, const Authority& authority,
                              const pki::Issuer* root_signer, core::Instant now) {
  if (!core::path_exists(layout.crl())) return {};
  auto lists = WXSEC_TRY(read_crl_file(layout.crl()));
  const std::size_t before = lists.size();
  if (!holds(lists, authority.issuing()))
    lists.push_back(WXSEC_TRY(fresh_crl(authority.issuer, {}, 1, now)));
  if (root_signer != nullptr && !holds(lists, authority.root))
    lists.push_back(
        WXSEC_TRY(sign_root_list(*root_signer, {}, 1, now - kBackdate, authority.issuing())));
  if (lists.size() == before) return {};
  return write_crl_file(layout.crl(), lists);
}

}  // namespace

core::Result<Authority> load_generation(const Layout& layout, const std::string& root,
                                        const std::string& issuing,
                                        const core::Passphrase& passphrase) {
  const IdentityFiles root_files = files_in(layout.identity("root") / root);
  const IdentityFiles issuing_files = files_in(layout.identity("issuing") / issuing);
  auto root_chain = WXSEC_TRY(pki::load_certificates(root_files.cert));
  const auto chain = WXSEC_TRY(pki::load_certificates(issuing_files.cert));
  const pki::Key key = WXSEC_TRY(load_authority_key(issuing_files.key, passphrase));
  pki::Issuer issuer = WXSEC_TRY(pki::Issuer::create(chain.front(), key));
  return Authority{std::move(root_chain.front()), std::move(issuer)};
}

core::Result<void> check_trust_files(const Layout& layout) {
  WXSEC_TRY(check_not_linked(layout.ca()));
  return check_not_linked(layout.crl());
}

// Lists first: whoever starts in between must not know an authority whose list is missing.
core::Result<void> join_trust(const Layout& layout, const Authority& authority,
                              const pki::Issuer* root_signer, core::Instant now) {
  WXSEC_TRY(join_lists(layout, authority, root_signer, now));
  auto roots = WXSEC_TRY(pki::load_certificates(layout.ca()));
  if (holds(roots, authority.root)) return {};
  roots.push_back(authority.root);
  return core::write_file_atomic(layout.ca(), pki::to_pem(roots), {});
}

core::Result<void> leave_trust(const Layout& layout, const pki::Certificate& root,
                               const pki::Certificate& issuing) {
  auto roots = WXSEC_TRY(pki::load_certificates(layout.ca()));
  if (std::erase_if(roots, [&](const pki::Certificate& other) { return other.der == root.der; }) >
      0)
    WXSEC_TRY(core::write_file_atomic(layout.ca(), pki::to_pem(roots), {}));
  if (!core::path_exists(layout.crl())) return {};
  auto lists = WXSEC_TRY(read_crl_file(layout.crl()));
  const auto gone = std::erase_if(
      lists, [&](const pki::Crl& list) { return is_by(list, root) || is_by(list, issuing); });
  if (gone == 0) return {};
  return write_crl_file(layout.crl(), lists);
}

}  // namespace wxsec::certs
