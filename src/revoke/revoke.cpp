#include "src/revoke/revoke.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "src/certs/crl_file.h"
#include "src/certs/generation.h"
#include "src/certs/layout.h"
#include "src/certs/left_overs.h"
#include "src/revoke/admission.h"
#include "src/revoke/crl_anew.h"

namespace wxsec::certs {
namespace {

constexpr std::chrono::seconds kLockWait{30};

// Certificates of all generations that have not ended: a stolen key may be an older one.
core::Result<std::vector<pki::Certificate>> living(const Layout& layout, const std::string& name,
                                                   core::Instant now) {
  const core::Path folder = layout.identity(name);
  WXSEC_TRY(resolve_current(folder));
  std::vector<pki::Certificate> found;
  for (const std::string& generation : generations_in(folder)) {
    const auto chain = pki::load_certificates(files_in(folder / generation).cert);
    if (chain && chain->front().not_after > now) found.push_back(chain->front());
  }
  return found;
}

bool is_listed(const std::vector<pki::Crl>& lists, const pki::Certificate& certificate) {
  return std::any_of(lists.begin(), lists.end(), [&](const pki::Crl& list) {
    if (list.authority_key_id != certificate.authority_key_id) return false;
    return std::any_of(list.revoked.begin(), list.revoked.end(), [&](const pki::Revoked& entry) {
      return entry.serial == certificate.serial;
    });
  });
}

// Each on the list of the authority that signed it: during a roll-over there are two.
std::vector<Revocation> entries_for(const std::vector<pki::Certificate>& certificates,
                                    pki::RevocationReason reason, core::Instant now) {
  std::vector<Revocation> entries;
  for (const pki::Certificate& certificate : certificates)
    entries.push_back({certificate.authority_key_id, {certificate.serial, now, reason}});
  return entries;
}

// From what is really there now.
core::Result<void> count_lists(const Layout& layout, RevokeReport& report) {
  for (const pki::Crl& list : WXSEC_TRY(read_crl_file(layout.crl()))) {
    report.total += list.revoked.size();
    if (!list.next_update) continue;
    const bool first = report.next_update == core::Instant();
    report.next_update =
        first ? *list.next_update : std::min(report.next_update, *list.next_update);
  }
  return {};
}

core::Result<void> tell(const std::vector<Service>& services, RevokeReport& report) {
  return reload_services(
      services, "", [&](std::string_view description) { report.told.emplace_back(description); });
}

// The revoked identity itself knocks: its key is here.
core::Result<void> prove(const RevokeOptions& options, const Layout& layout,
                         const std::stop_token& stop, RevokeReport& report) {
  const IdentityFiles files = layout.current(options.name);
  const auto identity = WXSEC_TRY(tls::read_identity(files.fullchain, files.key));
  const std::string ca_pem = WXSEC_TRY(core::read_file(layout.ca(), pki::kMaxCertificateFile));
  for (const Service& service : options.services) {
    if (service.url.empty()) continue;
    const auto seen =
        await_admission(service, Admission::refused, identity, ca_pem, options.verify_within, stop);
    if (!seen)
      return core::fail(
          seen.error().code,
          fmt::format("{} is on the list, but not refused: {}", options.name, seen.error().what),
          fmt::format("check that the service reads {} and was told: --reload NAME=pid:N",
                      core::shell_word(layout.crl().string())));
    const bool asked = seen->admission == Admission::refused;
    (asked ? report.proofs : report.not_proven)
        .push_back(fmt::format("{}: {}", service.url, seen->words));
  }
  return {};
}

core::Result<RevokeReport> put_on_list(const RevokeOptions& options, const Layout& layout,
                                       core::Instant now) {
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  remove_left_overs(layout);
  auto revoked = WXSEC_TRY(living(layout, options.name, now));
  const auto before = WXSEC_TRY(lists_of(layout));
  RevokeReport report;
  report.already = std::erase_if(
      revoked, [&](const pki::Certificate& certificate) { return is_listed(before, certificate); });
  WXSEC_TRY(
      renew_lists(layout, options.ca_passphrase, entries_for(revoked, options.reason, now), now));
  const auto after = WXSEC_TRY(lists_of(layout));
  for (const pki::Certificate& certificate : revoked) {
    if (!is_listed(after, certificate))
      return core::fail(
          core::Code::unsupported,
          fmt::format("{} was not signed by an authority of this directory", options.name),
          "whoever signed it must revoke it");
    report.serials.push_back(certificate.serial);
  }
  WXSEC_TRY(count_lists(layout, report));
  return report;
}

}  // namespace

core::Result<RevokeReport> revoke(const RevokeOptions& options, const core::Clock& clock,
                                  const std::stop_token& stop) {
  WXSEC_TRY(check_identity_name(options.name));
  if (options.name == "root" || options.name == "issuing")
    return core::fail(core::Code::usage, "an authority does not revoke itself",
                      "have a new one take over: wxsec certs rotate-ca");
  const Layout layout(options.dir);
  WXSEC_TRY(resolve_current(layout.identity(options.name)));
  const core::Instant now = std::chrono::floor<std::chrono::seconds>(clock.now());
  RevokeReport report = WXSEC_TRY(put_on_list(options, layout, now));
  const auto noted = note_lists(layout);  // a ledger in trouble must not hold up the services
  WXSEC_TRY(tell(options.services, report));
  WXSEC_TRY(prove(options, layout, stop, report));
  WXSEC_TRY(noted);
  return report;
}

core::Result<RevokeReport> refresh_list(const RevokeOptions& options, const core::Clock& clock) {
  const Layout layout(options.dir);
  WXSEC_TRY(layout.identities());
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  const core::Instant now = std::chrono::floor<std::chrono::seconds>(clock.now());
  RevokeReport report;
  if (options.if_lost == IfLost::begin_anew) {
    report.restored = WXSEC_TRY(begin_lists_anew(layout, options.ca_passphrase, now));
  } else {
    WXSEC_TRY(renew_lists(layout, options.ca_passphrase, {}, now));
  }
  WXSEC_TRY(note_lists(layout));
  WXSEC_TRY(count_lists(layout, report));
  WXSEC_TRY(tell(options.services, report));
  return report;
}

}  // namespace wxsec::certs
