#include "src/revoke/rotate.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "lib/pki/key.h"
#include "src/certs/generation.h"
#include "src/certs/layout.h"
#include "src/certs/ledger.h"
#include "src/certs/left_overs.h"
#include "src/certs/successor.h"
#include "src/issue/new_authority.h"
#include "src/revoke/admission.h"
#include "src/revoke/rotation_state.h"
#include "src/revoke/trust_files.h"

namespace wxsec::certs {
namespace {

using core::Code;
using core::Result;

constexpr std::array<std::string_view, 3> kSteps{"trust-both", "reissue", "trust-new"};
constexpr std::chrono::seconds kLockWait{30};
// A script that runs the command once too often does not begin the next roll-over.
constexpr std::chrono::hours kRest{1};
constexpr std::string_view kProbeName = "wxsec-roll-over-probe";

struct Run {
  const RotateOptions& options;
  const core::Clock& clock;
  std::stop_token stop;
  Layout layout;
  std::optional<RotationState> state;
  RotateReport report;

  core::Instant now() const { return std::chrono::floor<std::chrono::seconds>(clock.now()); }
  void tell(std::string_view what) const {
    if (options.on_progress) options.on_progress(what);
  }
};

bool under_way(const std::optional<RotationState>& state) {
  return state && state->phase != RotationPhase::done;
}

RotationStep next_step(const std::optional<RotationState>& state) {
  if (!under_way(state)) return RotationStep::trust_both;
  switch (state->phase) {
    case RotationPhase::published:
    case RotationPhase::reissuing: return RotationStep::reissue;
    case RotationPhase::reissued:
    case RotationPhase::dropping: return RotationStep::trust_new;
    default: return RotationStep::trust_both;
  }
}

Result<void> enter(Run& run, RotationPhase phase) {
  run.state->phase = phase;
  run.state->since = run.now();
  return save_rotation(run.layout, *run.state);
}

Result<Authority> old_authority(const Run& run) {
  return load_generation(run.layout, run.state->old_root, run.state->old_issuing,
                         run.options.ca_passphrase);
}

Result<Authority> new_authority(const Run& run) {
  return load_generation(run.layout, run.state->new_root, run.state->new_issuing,
                         run.options.ca_passphrase);
}

// --- proofs -------------------------------------------------------------------------------------

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

// Every service with a URL must treat a client of `authority` as `wanted`.
Result<void> prove(Run& run, const Authority& authority, std::string_view which, Admission wanted) {
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

Result<void> tell_services(const Run& run) {
  return reload_services(run.options.services, "", [&](std::string_view description) {
    run.tell(fmt::format("told: {}", description));
  });
}

bool tells(const Run& run) {
  const auto& services = run.options.services;
  return std::any_of(services.begin(), services.end(),
                     [](const Service& service) { return static_cast<bool>(service.reload); });
}

// All services are told of ca.pem with both authorities, and prove that they trust both.
Result<void> tell_of_both(Run& run) {
  WXSEC_TRY(tell_services(run));
  const Authority young = WXSEC_TRY(new_authority(run));
  const Authority old = WXSEC_TRY(old_authority(run));
  WXSEC_TRY(prove(run, young, "new", Admission::let_in));
  WXSEC_TRY(prove(run, old, "old", Admission::let_in));
  run.state->told = run.state->told || tells(run) || !run.report.proofs.empty();
  return {};
}

// --- step 1: A -> A+B ---------------------------------------------------------------------------

// The new authority's files are on the disk, synced, before the state names them.
Result<void> make_new_authority(Run& run) {
  const core::Path old_root = WXSEC_TRY(resolve_current(run.layout.identity("root")));
  const core::Path old_issuing = WXSEC_TRY(resolve_current(run.layout.identity("issuing")));
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

Result<void> publish(Run& run) {
  const Authority authority = WXSEC_TRY(new_authority(run));
  const core::Path root_key = files_in(run.layout.identity("root") / run.state->new_root).key;
  const auto key = pki::Key::load(root_key, run.options.ca_passphrase.secret);
  if (!key) return join_trust(run.layout, authority, nullptr, run.now());  // moved away already
  const auto signer = WXSEC_TRY(pki::Issuer::create(authority.root, *key));
  return join_trust(run.layout, authority, &signer, run.now());
}

Result<void> trust_both(Run& run) {
  if (!under_way(run.state)) WXSEC_TRY(make_new_authority(run));
  WXSEC_TRY(publish(run));
  run.tell("ca.pem holds both authorities");
  WXSEC_TRY(tell_of_both(run));
  return enter(run, RotationPhase::published);
}

// --- step 2: A+B --------------------------------------------------------------------------------

Result<void> point_at(const Run& run, std::string_view name, const std::string& generation) {
  const core::Path folder = run.layout.identity(name);
  const core::Path current = WXSEC_TRY(resolve_current(folder));
  if (current.filename() == generation) return {};
  return core::swap_symlink(generation, folder / "current");
}

// Identities of this directory that another of its authorities signed.
Result<std::vector<std::string>> left_behind(const Run& run) {
  const core::Path issuing = run.layout.identity("issuing") / run.state->new_issuing;
  const auto authority = WXSEC_TRY(pki::load_certificates(files_in(issuing).cert));
  std::vector<std::string> names = WXSEC_TRY(run.layout.identities());
  std::erase_if(names, [&](const std::string& name) {
    if (name == "root" || name == "issuing") return true;
    const auto leaf = pki::load_certificates(run.layout.current(name).cert);
    if (!leaf) return false;  // let the renewal say what is wrong with it
    return leaf->front().authority_key_id == authority.front().subject_key_id ||
           !is_ours(leaf->front(), run.layout);
  });
  return names;
}

std::vector<std::string> served_first(std::vector<std::string> names, const Run& run) {
  const auto& services = run.options.services;
  std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(services.begin(), services.end(),
                       [&](const Service& service) { return service.identity == name; });
  });
  return names;
}

Result<void> reissue_all(Run& run) {
  RenewOptions renewal;
  renewal.dir = run.options.dir;
  renewal.names = served_first(WXSEC_TRY(left_behind(run)), run);
  if (renewal.names.empty()) return {};
  renewal.force = true;
  renewal.services = run.options.services;
  renewal.verify_within = run.options.verify_within;
  renewal.ca_passphrase = run.options.ca_passphrase.clone();
  renewal.on_step = [&run](std::string_view name, DeployStep step, std::string_view detail) {
    if (step >= DeployStep::reloaded)
      run.tell(fmt::format("{}: {} {}", name, deploy_step_text(step), detail));
  };
  run.report.reissued = WXSEC_TRY(renew_locked(renewal, run.clock, run.stop));
  if (run.report.reissued->ok()) return {};
  for (const RenewItem& item : run.report.reissued->items)
    if (item.error)
      return core::fail(
          item.error->code,
          fmt::format("{} did not move to the new authority: {}", item.name, item.error->what),
          item.error->hint + "; then run this again: the others stay where they are");
  return core::fail(*run.report.reissued->crl_error);
}

Result<void> reissue(Run& run) {
  WXSEC_TRY(enter(run, RotationPhase::reissuing));
  WXSEC_TRY(point_at(run, "root", run.state->new_root));
  WXSEC_TRY(point_at(run, "issuing", run.state->new_issuing));
  run.tell("the new authority signs from now on");
  WXSEC_TRY(reissue_all(run));
  return enter(run, RotationPhase::reissued);
}

// --- step 3: A+B -> B ---------------------------------------------------------------------------

void note_old_keys(Run& run) {
  const RotationState& state = *run.state;
  for (const core::Path& generation : {run.layout.identity("root") / state.old_root,
                                       run.layout.identity("issuing") / state.old_issuing})
    if (core::path_exists(files_in(generation).key))
      run.report.old_keys.push_back(files_in(generation).key.string());
}

Result<void> trust_new(Run& run) {
  const auto behind = WXSEC_TRY(left_behind(run));
  if (!behind.empty())
    return core::fail(Code::usage,
                      fmt::format("{} of the identities still have a certificate of the old "
                                  "authority, {} for one",
                                  behind.size(), behind.front()),
                      "wxsec certs rotate-ca --step reissue moves them");
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

// --- the whole ----------------------------------------------------------------------------------

Result<void> check_turn(const Run& run, RotationStep wanted) {
  const RotationStep due = next_step(run.state);
  if (wanted == due) return {};
  const bool repeat = under_way(run.state) && static_cast<int>(wanted) + 1 == static_cast<int>(due);
  if (repeat) return {};
  return core::fail(Code::usage,
                    fmt::format("it is not the turn of {}: the next step is {}",
                                rotation_step_text(wanted), rotation_step_text(due)),
                    fmt::format("wxsec certs rotate-ca --dir {} --status tells how far it has come",
                                core::shell_word(run.options.dir.string())));
}

core::Failure nobody_told(const Run& run) {
  return core::fail(
      Code::usage,
      "no service was told of the new authority, nor has proven that it trusts it: the next step "
      "would shut its clients out",
      fmt::format("tell them: wxsec certs rotate-ca --dir {} --step trust-both --reload "
                  "broker=pid:N --verify broker=mqtts://HOST:PORT; or --untold where nothing runs "
                  "with these certificates",
                  core::shell_word(run.options.dir.string())));
}

bool has_services(const Run& run) { return !run.options.services.empty(); }

// Before a step that makes the new authority count. One that was begun (and killed) goes on.
Result<void> need_told(Run& run, RotationStep step) {
  if (step == RotationStep::trust_both || run.options.untold || run.state->told ||
      run.state->phase == RotationPhase::dropping)
    return {};
  if (has_services(run)) WXSEC_TRY(tell_of_both(run));
  if (!run.state->told) return nobody_told(run);
  return save_rotation(run.layout, *run.state);
}

Result<void> run_step(Run& run, RotationStep step) {
  if (run.stop.stop_requested())
    return core::fail(Code::interrupted, "the roll-over was interrupted", "run it again");
  WXSEC_TRY(need_told(run, step));
  switch (step) {
    case RotationStep::trust_both: WXSEC_TRY(trust_both(run)); break;
    case RotationStep::reissue: WXSEC_TRY(reissue(run)); break;
    case RotationStep::trust_new: WXSEC_TRY(trust_new(run)); break;
  }
  run.report.done.push_back(step);
  return {};
}

std::string root_name(const Run& run, const std::string& generation) {
  const auto root = pki::load_certificates(files_in(run.layout.identity("root") / generation).cert);
  return root ? root->front().common_name : std::string();
}

// By what ca.pem holds, whatever the state says: "A", "A+B" or "B".
std::string trust_of(const Run& run) {
  if (!run.state) return "A";
  const auto trusted = pki::load_certificates(run.layout.ca());
  const auto holds = [&](const std::string& generation) {
    const auto root =
        pki::load_certificates(files_in(run.layout.identity("root") / generation).cert);
    return trusted && root &&
           std::any_of(trusted->begin(), trusted->end(),
                       [&](const pki::Certificate& one) { return one.der == root->front().der; });
  };
  const bool young = holds(run.state->new_root);
  if (!young) return "A";
  return holds(run.state->old_root) ? "A+B" : "B";
}

RotateReport finish(Run& run) {
  RotateReport report = std::move(run.report);
  report.under_way = under_way(run.state);
  report.told = run.state && run.state->told;
  report.trust = trust_of(run);
  if (report.under_way) report.next = next_step(run.state);
  if (!run.state) return report;
  report.old_root = root_name(run, run.state->old_root);
  report.new_root = root_name(run, run.state->new_root);
  return report;
}

bool rests(const Run& run) {
  return run.state && run.state->phase == RotationPhase::done && !run.options.step &&
         run.now() < run.state->since + kRest;
}

Result<RotateReport> rotate_locked(Run& run) {
  run.state = WXSEC_TRY(load_rotation(run.layout));
  if (run.options.status_only) return finish(run);
  if (rests(run)) {
    run.report.rests_until = run.state->since + kRest;
    return finish(run);
  }
  const bool told = under_way(run.state) && run.state->told;
  if (run.options.automatic && !told && !has_services(run) && !run.options.untold)
    return nobody_told(run);
  const RotationStep first = run.options.step.value_or(next_step(run.state));
  WXSEC_TRY(check_turn(run, first));
  WXSEC_TRY(run_step(run, first));
  while (run.options.automatic && under_way(run.state))
    WXSEC_TRY(run_step(run, next_step(run.state)));
  return finish(run);
}

}  // namespace

std::string_view rotation_step_text(RotationStep step) {
  return kSteps[static_cast<std::size_t>(step)];
}

Result<RotationStep> parse_rotation_step(std::string_view text) {
  const auto found = std::find(kSteps.begin(), kSteps.end(), text);
  if (found != kSteps.end()) return static_cast<RotationStep>(found - kSteps.begin());
  return core::fail(Code::usage, fmt::format("'{}' is no step", core::escape_terminal(text)),
                    "the steps are trust-both, reissue and trust-new");
}

Result<RotateReport> rotate(const RotateOptions& options, const core::Clock& clock,
                            const std::stop_token& stop) {
  Run run{options, clock, stop, Layout(options.dir), {}, {}};
  // A missing directory must not be made by the lock.
  WXSEC_TRY(check_service_names(options.services, run.layout));
  if (options.status_only) return rotate_locked(run);
  const auto lock = WXSEC_TRY(core::FileLock::acquire(run.layout.lock(), kLockWait));
  remove_left_overs(run.layout);
  return rotate_locked(run);
}

}  // namespace wxsec::certs
