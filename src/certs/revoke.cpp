#include "src/certs/revoke.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/certs/authority.h"
#include "src/certs/crl_file.h"
#include "src/certs/generation.h"

namespace wxsec::certs {
namespace {

// Serials of all generations that have not ended: a stolen key may be an older one.
core::Result<std::vector<std::string>> living_serials(const Layout& layout, const std::string& name,
                                                      core::Instant now) {
  const core::Path folder = layout.identity(name);
  WXSEC_TRY(resolve_current(folder));
  std::vector<std::string> serials;
  for (const std::string& generation : generations_in(folder)) {
    const auto found = pki::load_certificates(files_in(folder / generation).cert);
    if (found && found->front().not_after > now) serials.push_back(found->front().serial);
  }
  return serials;
}

core::Result<const pki::Crl*> own_list(const std::vector<pki::Crl>& lists,
                                       const Authority& authority) {
  for (const pki::Crl& list : lists)
    if (list.authority_key_id == authority.issuing().subject_key_id) return &list;
  return core::fail(core::Code::not_found, "the list of this authority was not written");
}

core::Result<std::vector<pki::Revoked>> listed(const Layout& layout, const Authority& authority) {
  if (!core::path_exists(layout.crl())) return std::vector<pki::Revoked>();
  for (const pki::Crl& list : WXSEC_TRY(read_crl_file(layout.crl())))
    if (list.authority_key_id == authority.issuing().subject_key_id) return list.revoked;
  return std::vector<pki::Revoked>();
}

core::Result<RevokeReport> sign_list(const Layout& layout, const Authority& authority,
                                     const std::vector<pki::Revoked>& more, core::Instant now) {
  WXSEC_TRY(renew_crl_file(layout.crl(), authority.issuer, more, now));
  const auto lists = WXSEC_TRY(read_crl_file(layout.crl()));  // what is really there
  const pki::Crl* const list = WXSEC_TRY(own_list(lists, authority));
  RevokeReport report;
  for (const pki::Revoked& entry : more) report.serials.push_back(entry.serial);
  report.total = list->revoked.size();
  report.next_update = list->next_update.value_or(core::Instant());
  return report;
}

}  // namespace

core::Result<RevokeReport> revoke(const RevokeOptions& options, const core::Clock& clock) {
  WXSEC_TRY(check_identity_name(options.name));
  if (options.name == "root" || options.name == "issuing")
    return core::fail(core::Code::usage, "an authority does not revoke itself",
                      "make a new one in another directory: wxsec certs init --dir NEW");
  const Layout layout(options.dir);
  const core::Instant now = std::chrono::floor<std::chrono::seconds>(clock.now());
  const auto serials = WXSEC_TRY(living_serials(layout, options.name, now));
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), std::chrono::seconds(5)));
  const Authority authority = WXSEC_TRY(load_authority(layout, options.ca_passphrase));
  const auto before = WXSEC_TRY(listed(layout, authority));
  std::vector<pki::Revoked> more;
  for (const std::string& serial : serials) {
    const bool there = std::any_of(before.begin(), before.end(), [&](const pki::Revoked& entry) {
      return entry.serial == serial;
    });
    if (!there) more.push_back({serial, now, options.reason});
  }
  RevokeReport report = WXSEC_TRY(sign_list(layout, authority, more, now));
  report.already = serials.size() - more.size();
  return report;
}

core::Result<RevokeReport> refresh_list(const core::Path& dir, const core::Secret& ca_passphrase,
                                        const core::Clock& clock) {
  const Layout layout(dir);
  WXSEC_TRY(layout.identities());
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), std::chrono::seconds(5)));
  const Authority authority = WXSEC_TRY(load_authority(layout, ca_passphrase));
  return sign_list(layout, authority, {}, std::chrono::floor<std::chrono::seconds>(clock.now()));
}

}  // namespace wxsec::certs
