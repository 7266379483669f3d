#include "src/certs/forgotten.h"

#include <set>
#include <utility>

#include "src/certs/ledger.h"

namespace wxsec::certs {

core::Result<std::map<std::string, std::vector<pki::Revoked>>> forgotten_by(
    const Layout& layout, const std::vector<pki::Crl>& lists) {
  std::map<std::string, std::vector<pki::Revoked>> forgotten;
  auto ledger = Ledger::open_to_read(layout);
  if (!ledger && ledger.error().code == core::Code::not_found) return forgotten;
  if (!ledger) return core::fail(ledger.error());
  std::set<std::string> issuers;
  std::set<std::pair<std::string, std::string>> listed;
  for (const pki::Crl& list : lists) {
    issuers.insert(list.authority_key_id);
    for (const pki::Revoked& one : list.revoked) listed.emplace(list.authority_key_id, one.serial);
  }
  WXSEC_TRY(ledger->for_each_revoked([&](std::string_view issuer, const pki::Revoked& one) {
    const std::string key_id(issuer);
    if (issuers.contains(key_id) && !listed.contains({key_id, one.serial}))
      forgotten[key_id].push_back(one);
  }));
  return forgotten;
}

}  // namespace wxsec::certs
