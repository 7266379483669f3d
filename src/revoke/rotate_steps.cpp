// A step's files are on the disk before the state says so, and the state before the next step.
#include "src/revoke/rotate_steps.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/key.h"
#include "src/certs/generations.h"
#include "src/revoke/rotate_left.h"
#include "src/revoke/rotate_make.h"
#include "src/revoke/rotate_proof.h"
#include "src/revoke/rotate_servers.h"
#include "src/revoke/trust_files.h"

namespace wxsec::certs {
namespace {

using core::Code;
using core::Result;

Result<void> enter(RotateRun& run, RotationPhase phase) {
  run.state->phase = phase;
  run.state->since = run.now();
  return save_rotation(run.layout, *run.state);
}

// --- step 1: A -> A+B ---------------------------------------------------------------------------

Result<void> publish(RotateRun& run) {
  const Authority authority = WXSEC_TRY(new_authority(run));
  const core::Path root_key = files_in(run.layout.identity("root") / run.state->new_root).key;
  const auto key = pki::Key::load(root_key, run.options.ca_passphrase.secret);
  if (!key) return join_trust(run.layout, authority, nullptr, run.now());  // moved away already
  const auto signer = WXSEC_TRY(pki::Issuer::create(authority.root, *key));
  return join_trust(run.layout, authority, &signer, run.now());
}

}  // namespace

Result<void> trust_both(RotateRun& run) {
  if (!under_way(run.state)) WXSEC_TRY(make_new_authority(run));
  WXSEC_TRY(publish(run));
  run.tell("ca.pem holds both authorities");
  WXSEC_TRY(tell_of_both(run));
  return enter(run, RotationPhase::published);
}

// --- step 2: A+B --------------------------------------------------------------------------------

namespace {

Result<void> point_at(const RotateRun& run, std::string_view name, const std::string& generation) {
  const core::Path folder = run.layout.identity(name);
  const core::Path current = WXSEC_TRY(resolve_current(folder));
  if (current.filename() == generation) return {};
  return core::swap_symlink(generation, folder / "current");
}

std::vector<std::string> served_first(std::vector<std::string> names, const RotateRun& run) {
  const auto& services = run.options.services;
  std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(services.begin(), services.end(),
                       [&](const Service& service) { return service.identity == name; });
  });
  return names;
}

Result<void> reissue_all(RotateRun& run) {
  RenewOptions renewal;
  renewal.dir = run.options.dir;
  renewal.names = served_first(WXSEC_TRY(left_behind(run)), run);
  if (renewal.names.empty()) return {};
  WXSEC_TRY(expect_servers(run, renewal.names));
  renewal.force = true;
  renewal.services = run.options.services;
  renewal.verify_within = run.options.verify_within;
  renewal.ca_passphrase = run.options.ca_passphrase.clone();
  renewal.on_step = [&run](std::string_view name, DeployStep step, std::string_view detail) {
    if (step >= DeployStep::reloaded)
      run.tell(fmt::format("{}: {} {}", name, deploy_step_text(step), detail));
  };
  run.report.reissued = WXSEC_TRY(renew_locked(renewal, run.clock, run.stop));
  WXSEC_TRY(note_told_servers(run, *run.report.reissued));
  if (run.report.reissued->ok()) return {};
  for (const RenewItem& item : run.report.reissued->items)
    if (item.error)
      return core::fail(
          item.error->code,
          fmt::format("{} did not move to the new authority: {}", item.name, item.error->what),
          item.error->hint + "; then run this again: the others stay where they are");
  const RenewReport& reissued = *run.report.reissued;
  if (!reissued.crl_key_away) return core::fail(*reissued.crl_error);
  run.tell(reissued.crl_error->what);  // the old authority's, which goes with step 3
  return {};
}

}  // namespace

Result<void> reissue(RotateRun& run) {
  WXSEC_TRY(enter(run, RotationPhase::reissuing));
  WXSEC_TRY(point_at(run, "root", run.state->new_root));
  WXSEC_TRY(point_at(run, "issuing", run.state->new_issuing));
  run.tell("the new authority signs from now on");
  WXSEC_TRY(reissue_all(run));
  WXSEC_TRY(tell_servers(run));
  run.report.handed_out = WXSEC_TRY(handed_out(run));
  return enter(run, RotationPhase::reissued);
}

// --- step 3: A+B -> B ---------------------------------------------------------------------------

namespace {

void note_old_keys(RotateRun& run) {
  const RotationState& state = *run.state;
  for (const core::Path& generation : {run.layout.identity("root") / state.old_root,
                                       run.layout.identity("issuing") / state.old_issuing})
    if (core::path_exists(files_in(generation).key))
      run.report.old_keys.push_back(files_in(generation).key.string());
}

// Certificates are enough for that: the key may be lost.
Result<void> drop_old(const RotateRun& run) {
  const RotationState& state = *run.state;
  const auto root = WXSEC_TRY(
      pki::load_certificates(files_in(run.layout.identity("root") / state.old_root).cert));
  const auto issuing = WXSEC_TRY(
      pki::load_certificates(files_in(run.layout.identity("issuing") / state.old_issuing).cert));
  return leave_trust(run.layout, root.front(), issuing.front());
}

}  // namespace

Result<void> tell_of_new(RotateRun& run) {
  WXSEC_TRY(tell_services(run));
  WXSEC_TRY(tell_servers(run));
  const Authority young = WXSEC_TRY(new_authority(run));
  WXSEC_TRY(prove(run, young, "new", Admission::let_in));
  WXSEC_TRY(prove_old(run, Admission::refused));
  note_old_keys(run);
  return {};
}

Result<void> trust_new(RotateRun& run) {
  const auto behind = WXSEC_TRY(left_behind(run));
  if (!behind.empty())
    return core::fail(Code::usage,
                      fmt::format("{} of the identities still have a certificate of the old "
                                  "authority, {} for one",
                                  behind.size(), behind.front()),
                      fmt::format("move them: wxsec certs rotate-ca --dir {} --step reissue",
                                  core::shell_word(run.layout.dir().string())));
  WXSEC_TRY(tell_servers(run));
  WXSEC_TRY(need_servers_told(run));
  run.report.handed_out = WXSEC_TRY(handed_out(run));
  WXSEC_TRY(enter(run, RotationPhase::dropping));
  WXSEC_TRY(drop_old(run));
  run.tell("ca.pem holds the new authority alone");
  WXSEC_TRY(tell_of_new(run));
  return enter(run, RotationPhase::done);
}

}  // namespace wxsec::certs
