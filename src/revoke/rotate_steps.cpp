// A step's files are on the disk before the state says so, and the state before the next step.
#include "src/revoke/rotate_steps.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/shell_word.h"
#include "lib/pki/key.h"
#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/ledger.h"
#include "src/certs/revoked_here.h"
#include "src/certs/successor.h"
#include "src/issue/new_authority.h"
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

std::vector<core::Path> newer_than(const core::Path& current) {
  const std::vector<std::string> all = generations_in(current.parent_path());
  std::vector<core::Path> newer;
  const auto mine = std::find(all.begin(), all.end(), current.filename());
  for (auto at = mine; at != all.end(); ++at)
    if (at != mine) newer.push_back(current.parent_path() / *at);
  return newer;
}

// What a run left that failed before its state was written: authorities that never signed, with
// their keys. Where ca.pem knows one of them somebody took the state away, and nothing is removed.
void remove_never_used(const Layout& layout, const core::Path& root, const core::Path& issuing) {
  const auto trusted = pki::load_certificates(layout.ca());
  std::vector<core::Path> unused = newer_than(root);
  for (const core::Path& generation : unused) {
    const auto made = pki::load_certificates(files_in(generation).cert);
    const bool known = !trusted || (made && std::any_of(trusted->begin(), trusted->end(),
                                                        [&](const pki::Certificate& one) {
                                                          return one.der == made->front().der;
                                                        }));
    if (known) return;
  }
  const std::vector<core::Path> below = newer_than(issuing);
  unused.insert(unused.end(), below.begin(), below.end());
  std::error_code ignored;
  for (const core::Path& generation : unused) std::filesystem::remove_all(generation, ignored);
}

// The new authority's files are on the disk, synced, before the state names them.
Result<void> make_new_authority(RotateRun& run) {
  const core::Path old_root = WXSEC_TRY(resolve_current(run.layout.identity("root")));
  const core::Path old_issuing = WXSEC_TRY(resolve_current(run.layout.identity("issuing")));
  remove_never_used(run.layout, old_root, old_issuing);
  const auto root = WXSEC_TRY(pki::load_certificates(files_in(old_root).cert));
  const auto issuing = WXSEC_TRY(pki::load_certificates(files_in(old_issuing).cert));
  // Before anything is made: the passphrase must fit, or step 2 would be the first to know.
  WXSEC_TRY(load_authority_key(files_in(old_issuing).key, run.options.ca_passphrase));
  const auto made = WXSEC_TRY(next_authority(root.front(), issuing.front(), run.now()));
  const auto& passphrase = run.options.ca_passphrase.secret;
  const Pair root_pair = WXSEC_TRY(authority_pair(made.root, made.root_key, passphrase));
  const Pair pair = WXSEC_TRY(authority_pair(made.issuing, made.issuing_key, passphrase));
  Installer installer;
  const core::Path new_root =
      WXSEC_TRY(installer.stage(run.layout.identity("root"), root_pair, kAuthorityAccess));
  const core::Path new_issuing =
      WXSEC_TRY(installer.stage(run.layout.identity("issuing"), pair, kAuthorityAccess));
  WXSEC_TRY(installer.sync());  // not linked: nothing points at them yet
  const std::array<LedgerRow, 2> rows{
      ledger_row("root", "root", new_root, made.root, run.now()),
      ledger_row("issuing", "issuing", new_issuing, made.issuing, run.now())};
  WXSEC_TRY(record_issued(run.layout, rows));
  run.state = RotationState{RotationPhase::publishing,
                            run.now(),
                            old_root.filename().string(),
                            old_issuing.filename().string(),
                            new_root.filename().string(),
                            new_issuing.filename().string(),
                            false};
  run.tell(fmt::format("made {}", made.root.common_name));
  return save_rotation(run.layout, *run.state);
}

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

// Identities of this directory that another of its authorities signed. Those that were revoked stay
// with it: the new authority's lists begin empty, and a certificate of it would let them in again.
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
  return core::fail(*run.report.reissued->crl_error);
}

}  // namespace

Result<void> reissue(RotateRun& run) {
  WXSEC_TRY(enter(run, RotationPhase::reissuing));
  WXSEC_TRY(point_at(run, "root", run.state->new_root));
  WXSEC_TRY(point_at(run, "issuing", run.state->new_issuing));
  run.tell("the new authority signs from now on");
  WXSEC_TRY(reissue_all(run));
  WXSEC_TRY(tell_servers(run));
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

}  // namespace

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
  const Authority young = WXSEC_TRY(new_authority(run));
  const Authority old = WXSEC_TRY(old_authority(run));
  WXSEC_TRY(enter(run, RotationPhase::dropping));
  WXSEC_TRY(leave_trust(run.layout, old.root, old.issuing()));
  run.tell("ca.pem holds the new authority alone");
  WXSEC_TRY(tell_services(run));
  WXSEC_TRY(prove(run, young, "new", Admission::let_in));
  WXSEC_TRY(prove(run, old, "old", Admission::refused));
  note_old_keys(run);
  return enter(run, RotationPhase::done);
}

}  // namespace wxsec::certs
