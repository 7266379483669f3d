// The client is nobody: it has a name of its own and lives for an hour.
#include "src/revoke/rotate_proof.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/certs/ledger.h"
#include "src/issue/new_authority.h"
#include "src/revoke/trust_files.h"

namespace wxsec::certs {
namespace {

using core::Result;

// A client that lives for an hour and is nobody: a known one's name would end that one's session.
Result<tls::Identity> probe_identity(const Layout& layout, const Authority& authority,
                                     core::Instant now) {
  LeafRequest request;
  request.name = kProbeName;
  request.profile.name = "client";
  request.profile.client = true;
  request.profile.lifetime = std::chrono::hours(1);
  request.names = default_names(kProbeName, request.profile, authority.issuing());
  request.now = now;
  Pair pair = WXSEC_TRY(make_leaf(request, authority));
  const LedgerRow row = ledger_row(kProbeName, request.profile.name, {}, pair.chain.front(), now);
  WXSEC_TRY(record_issued(layout, {&row, 1}));
  return tls::Identity{pki::to_pem(pair.chain), std::move(pair.key_pem), "a probe's certificate"};
}

constexpr std::string_view kRestartHint =
    "check that the service reads this ca.pem and was told; some brokers read it only when they "
    "start: restart it ('wxsec broker run' sees to that by itself), then run this again";

}  // namespace

Result<Authority> old_authority(const RotateRun& run) {
  return load_generation(run.layout, run.state->old_root, run.state->old_issuing,
                         run.options.ca_passphrase);
}

Result<Authority> new_authority(const RotateRun& run) {
  return load_generation(run.layout, run.state->new_root, run.state->new_issuing,
                         run.options.ca_passphrase);
}

Result<void> prove(RotateRun& run, const Authority& authority, std::string_view which,
                   Admission wanted) {
  const auto& services = run.options.services;
  if (std::all_of(services.begin(), services.end(), [](const Service& s) { return s.url.empty(); }))
    return {};
  const auto identity = WXSEC_TRY(probe_identity(run.layout, authority, run.now()));
  const std::string ca_pem = pki::to_pem(WXSEC_TRY(pki::load_certificates(run.layout.ca())));
  for (const Service& service : services) {
    if (service.url.empty()) continue;
    const auto seen =
        await_admission(service, wanted, identity, ca_pem, run.options.verify_within, run.stop);
    if (!seen)
      return core::fail(seen.error().code,
                        fmt::format("a client of the {} authority should be {}: {}", which,
                                    admission_text(wanted), seen.error().what),
                        std::string(kRestartHint));
    const std::string line = seen->admission == Admission::not_asked
                                 ? fmt::format("{} asks no client for a certificate", service.url)
                                 : fmt::format("{}: a client of the {} authority is {}",
                                               service.url, which, admission_text(seen->admission));
    (seen->admission == Admission::not_asked ? run.report.not_proven : run.report.proofs)
        .push_back(line);
    run.tell(line);
  }
  return {};
}

Result<void> prove_old(RotateRun& run, Admission wanted) {
  const auto old = old_authority(run);
  if (old) return prove(run, *old, "old", wanted);
  if (old.error().code != core::Code::not_found) return core::fail(old.error());
  for (const Service& service : run.options.services) {
    if (service.url.empty()) continue;
    run.report.not_proven.push_back(
        fmt::format("{}: that a client of the old authority is {}: its key is not here to make one "
                    "knock: INCONCLUSIVE",
                    service.url, admission_text(wanted)));
    run.tell(run.report.not_proven.back());
  }
  return {};
}

Result<void> tell_services(const RotateRun& run) {
  return reload_services(run.options.services, "", [&](std::string_view description) {
    run.tell(fmt::format("told: {}", description));
  });
}

Result<void> tell_of_both(RotateRun& run) {
  WXSEC_TRY(tell_services(run));
  const Authority young = WXSEC_TRY(new_authority(run));
  WXSEC_TRY(prove(run, young, "new", Admission::let_in));
  WXSEC_TRY(prove_old(run, Admission::let_in));
  run.state->told =
      run.state->told || has_reload(run.options.services) || !run.report.proofs.empty();
  return {};
}

}  // namespace wxsec::certs
