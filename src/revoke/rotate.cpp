// Which step is due, and whether it may begin: each counts only once services were told.
#include "src/revoke/rotate.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "src/certs/left_overs.h"
#include "src/revoke/rotate_proof.h"
#include "src/revoke/rotate_steps.h"
#include "src/revoke/trust_files.h"

namespace wxsec::certs {
namespace {

using core::Code;
using core::Result;

constexpr std::array<std::string_view, 3> kSteps{"trust-both", "reissue", "trust-new"};
constexpr std::chrono::seconds kLockWait{30};
// A script that runs the command once too often does not begin the next roll-over.
constexpr std::chrono::hours kRest{1};

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

Result<void> check_turn(const RotateRun& run, RotationStep wanted) {
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

core::Failure nobody_told(const RotateRun& run) {
  return core::fail(
      Code::usage,
      "no service was told of the new authority, nor has proven that it trusts it: the next step "
      "would shut its clients out",
      fmt::format("tell them: wxsec certs rotate-ca --dir {} --step trust-both --reload "
                  "broker=pid:N --verify broker=mqtts://HOST:PORT; or --untold where nothing runs "
                  "with these certificates",
                  core::shell_word(run.options.dir.string())));
}

bool has_services(const RotateRun& run) { return !run.options.services.empty(); }

// Before a step that makes the new authority count. One that was begun (and killed) goes on.
Result<void> need_told(RotateRun& run, RotationStep step) {
  if (step == RotationStep::trust_both || run.options.untold || run.state->told ||
      run.state->phase == RotationPhase::dropping)
    return {};
  if (has_services(run)) WXSEC_TRY(tell_of_both(run));
  if (!run.state->told) return nobody_told(run);
  return save_rotation(run.layout, *run.state);
}

Result<void> run_step(RotateRun& run, RotationStep step) {
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

std::string root_name(const RotateRun& run, const std::string& generation) {
  const auto root = pki::load_certificates(files_in(run.layout.identity("root") / generation).cert);
  return root ? root->front().common_name : std::string();
}

// By what ca.pem holds, whatever the state says: "A", "A+B" or "B".
std::string trust_of(const RotateRun& run) {
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

RotateReport finish(RotateRun& run) {
  RotateReport report = std::move(run.report);
  report.under_way = under_way(run.state);
  report.told = run.state && run.state->told;
  if (run.state) report.untold = run.state->untold;
  report.trust = trust_of(run);
  if (report.under_way) report.next = next_step(run.state);
  if (!run.state) return report;
  report.old_root = root_name(run, run.state->old_root);
  report.new_root = root_name(run, run.state->new_root);
  return report;
}

bool rests(const RotateRun& run) {
  return run.state && run.state->phase == RotationPhase::done && !run.options.step &&
         run.now() < run.state->since + kRest;
}

// Step 3 is over, and here are services: whoever was not told then still trusts A.
bool is_told_again(const RotateRun& run) {
  return run.state && run.state->phase == RotationPhase::done && has_services(run) &&
         (rests(run) || run.options.step == RotationStep::trust_new);
}

Result<RotateReport> tell_again(RotateRun& run) {
  WXSEC_TRY(tell_of_new(run));
  run.report.done.push_back(RotationStep::trust_new);
  return finish(run);
}

Result<RotateReport> rotate_locked(RotateRun& run) {
  run.state = WXSEC_TRY(load_rotation(run.layout));
  if (run.options.status_only) return finish(run);
  if (is_told_again(run)) return tell_again(run);
  if (rests(run)) {
    run.report.rests_until = run.state->since + kRest;
    return finish(run);
  }
  WXSEC_TRY(check_trust_files(run.layout));
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
  RotateRun run{options, clock, stop, Layout(options.dir), {}, {}};
  // A missing directory must not be made by the lock.
  WXSEC_TRY(check_service_names(options.services, run.layout));
  if (options.status_only) return rotate_locked(run);
  const auto lock = WXSEC_TRY(core::FileLock::acquire(run.layout.lock(), kLockWait));
  remove_left_overs(run.layout);
  return rotate_locked(run);
}

}  // namespace wxsec::certs
