#include "src/certs/revoked_here.h"

#include <optional>

#include "src/certs/crl_file.h"
#include "src/certs/generations.h"
#include "src/certs/ledger.h"

namespace wxsec::certs {
namespace {

using core::Result;

// Nothing where there is none.
Result<std::optional<Ledger>> ledger_of(const Layout& layout) {
  auto ledger = Ledger::open_to_read(layout);
  if (ledger) return std::optional<Ledger>(std::move(*ledger));
  if (ledger.error().code == core::Code::not_found) return std::optional<Ledger>();
  return core::fail(ledger.error());
}

}  // namespace

Result<void> RevokedHere::add_lists(const Layout& layout) {
  if (!core::path_exists(layout.crl())) return {};
  for (const pki::Crl& list : WXSEC_TRY(read_crl_file(layout.crl())))
    for (const pki::Revoked& entry : list.revoked)
      entries_.emplace(list.authority_key_id, entry.serial);
  return {};
}

Result<void> RevokedHere::add_ledger(const Layout& layout) {
  auto ledger = WXSEC_TRY(ledger_of(layout));
  if (!ledger) return {};
  return ledger->for_each_revoked(
      [this](std::string_view issuer_key_id, const pki::Revoked& entry) {
        entries_.emplace(issuer_key_id, entry.serial);
      });
}

Result<RevokedHere> RevokedHere::load(const Layout& layout) {
  RevokedHere found;
  WXSEC_TRY(found.add_lists(layout));
  WXSEC_TRY(found.add_ledger(layout));
  return found;
}

RevokedHere RevokedHere::load_readable(const Layout& layout) {
  RevokedHere found;
  static_cast<void>(found.add_lists(layout));
  static_cast<void>(found.add_ledger(layout));
  return found;
}

bool RevokedHere::has(const pki::Certificate& certificate) const {
  return entries_.contains({certificate.authority_key_id, certificate.serial});
}

Result<bool> RevokedHere::has_key(const Layout& layout, std::string_view public_key) const {
  auto ledger = WXSEC_TRY(ledger_of(layout));
  bool all_known = ledger.has_value();
  for (const auto& [issuer_key_id, serial] : entries_) {
    if (!ledger) break;
    const auto row = WXSEC_TRY(ledger->find(serial));
    if (row && row->public_key == public_key) return true;
    all_known = all_known && row;
  }
  if (all_known || entries_.empty()) return false;
  for (const std::string& name : WXSEC_TRY(layout.identities())) {
    const core::Path folder = layout.identity(name);
    for (const std::string& generation : generations_in(folder)) {
      const auto chain = pki::load_certificates(files_in(folder / generation).cert);
      if (chain && chain->front().public_key_sha256 == public_key && has(chain->front()))
        return true;
    }
  }
  return false;
}

}  // namespace wxsec::certs
