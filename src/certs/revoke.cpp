#include "src/certs/revoke.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/certs/admission.h"
#include "src/certs/crl_file.h"
#include "src/certs/generation.h"
#include "src/certs/layout.h"
#include "src/certs/left_overs.h"

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

core::Result<std::vector<pki::Crl>> lists_of(const Layout& layout) {
  if (!core::path_exists(layout.crl())) return std::vector<pki::Crl>();
  return read_crl_file(layout.crl());
}

bool is_listed(const std::vector<pki::Crl>& lists, const pki::Certificate& certificate) {
  return std::any_of(lists.begin(), lists.end(), [&](const pki::Crl& list) {
    if (list.authority_key_id != certificate.authority_key_id) return false;
    return std::any_of(list.revoked.begin(), list.revoked.end(), [&](const pki::Revoked& entry) {
      return entry.serial == certificate.serial;
    });
  });
}

// During a roll-over there are two authorities that clients are trusted by, each with its own list.
core::Result<void> sign_lists(const Layout& layout, const core::Secret& passphrase,
                              const std::vector<pki::Certificate>& revoked,
                              pki::RevocationReason reason, core::Instant now) {
  for (const pki::Issuer& issuer : WXSEC_TRY(listed_issuers(layout, passphrase))) {
    std::vector<pki::Revoked> more;
    for (const pki::Certificate& certificate : revoked)
      if (certificate.authority_key_id == issuer.certificate().subject_key_id)
        more.push_back({certificate.serial, now, reason});
    WXSEC_TRY(renew_crl_file(layout.crl(), issuer, more, now));
  }
  return {};
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
          "check that the service reads DIR/crl.pem and was told: --reload NAME=pid:N");
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
  WXSEC_TRY(sign_lists(layout, options.ca_passphrase, revoked, options.reason, now));
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
  WXSEC_TRY(tell(options.services, report));
  WXSEC_TRY(prove(options, layout, stop, report));
  return report;
}

core::Result<RevokeReport> refresh_list(const RevokeOptions& options, const core::Clock& clock) {
  const Layout layout(options.dir);
  WXSEC_TRY(layout.identities());
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  const core::Instant now = std::chrono::floor<std::chrono::seconds>(clock.now());
  WXSEC_TRY(refresh_crl_file(layout, options.ca_passphrase, now));
  RevokeReport report;
  WXSEC_TRY(count_lists(layout, report));
  WXSEC_TRY(tell(options.services, report));
  return report;
}

}  // namespace wxsec::certs
