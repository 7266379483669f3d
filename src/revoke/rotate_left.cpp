#include "src/revoke/rotate_left.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "src/certs/ledger.h"
#include "src/certs/revoked_here.h"
#include "src/certs/successor.h"
#include "src/revoke/rotate_proof.h"

namespace wxsec::certs {
namespace {

using core::Result;

Result<std::string> key_id_of(const RotateRun& run, const std::string& issuing) {
  const core::Path folder = run.layout.identity("issuing") / issuing;
  return WXSEC_TRY(pki::load_certificates(files_in(folder).cert)).front().subject_key_id;
}

bool is_revoked(const RevokedHere& revoked, const LedgerRow& row) {
  pki::Certificate certificate;
  certificate.authority_key_id = row.issuer_key_id;
  certificate.serial = row.serial;
  return revoked.has(certificate);
}

// Handed out, or kept in a folder with the request: not what the directory renewed by itself, under
// a name that a holder may have as well.
bool answers_request(const RotateRun& run, const LedgerRow& row) {
  return row.generation.empty() ||
         core::path_exists(request_in(run.layout.identity(row.name) / row.generation));
}

}  // namespace

Result<std::vector<std::string>> left_behind(RotateRun& run) {
  const RevokedHere revoked = WXSEC_TRY(RevokedHere::load(run.layout));
  run.report.revoked.clear();
  const core::Path issuing = run.layout.identity("issuing") / run.state->new_issuing;
  const auto authority = WXSEC_TRY(pki::load_certificates(files_in(issuing).cert));
  std::vector<std::string> names = WXSEC_TRY(run.layout.identities());
  std::erase_if(names, [&](const std::string& name) {
    if (name == "root" || name == "issuing") return true;
    const auto leaf = pki::load_certificates(run.layout.current(name).cert);
    if (!leaf) return false;  // let the renewal say what is wrong with it
    if (leaf->front().authority_key_id == authority.front().subject_key_id) return true;
    if (revoked.has(leaf->front())) run.report.revoked.push_back(name);
    return revoked.has(leaf->front()) || !is_ours(leaf->front(), run.layout);
  });
  return names;
}

Result<std::vector<HandedOut>> handed_out(const RotateRun& run) {
  auto ledger = Ledger::open_to_read(run.layout);
  if (!ledger && ledger.error().code == core::Code::not_found) return std::vector<HandedOut>();
  if (!ledger) return core::fail(ledger.error());
  const RevokedHere revoked = WXSEC_TRY(RevokedHere::load(run.layout));
  const std::string old = WXSEC_TRY(key_id_of(run, run.state->old_issuing));
  const std::string young = WXSEC_TRY(key_id_of(run, run.state->new_issuing));
  std::vector<HandedOut> found;
  std::set<std::string> moved;
  WXSEC_TRY(ledger->for_each([&](const LedgerRow& row) {
    if (row.not_after <= run.now() || row.name == kProbeName) return;
    if (row.issuer_key_id == young && answers_request(run, row)) moved.insert(row.name);
    if (row.generation.empty() && row.issuer_key_id == old && !is_revoked(revoked, row))
      found.push_back({row.name, row.serial, row.not_after});
  }));
  std::erase_if(found, [&](const HandedOut& one) { return moved.contains(one.name); });
  std::sort(found.begin(), found.end(), [](const HandedOut& a, const HandedOut& b) {
    return std::tie(a.name, a.not_after) < std::tie(b.name, b.not_after);
  });
  return found;
}

}  // namespace wxsec::certs
