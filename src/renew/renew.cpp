// One deployment for each identity that is due. Those that a service uses go one by one, up to the
// proof that the new certificate is served (deploy.cpp tells the order); all others, a field full
// of stations, are staged first and swapped together, with two syncs of the disk in all.
#include "src/renew/renew.h"

#include <algorithm>
#include <array>

#include "lib/pki/verify.h"
#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/key_access.h"
#include "src/certs/left_overs.h"
#include "src/certs/place.h"
#include "src/certs/successor.h"
#include "src/look/examine.h"
#include "src/renew/keep_crl.h"
#include "src/renew/renew_run.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::array<std::string_view, 7> kStates{"not-due", "would-renew", "renewed", "revoked",
                                                  "foreign", "rolled-back", "failed"};
constexpr std::chrono::seconds kLockWait{30};

core::Result<void> check_chain(const std::vector<Certificate>& chain, const RenewRun& run) {
  if (!*run.judge) return core::fail(run.judge->error());
  const pki::Verdict verdict = (**run.judge)->judge(chain).verdict;
  if (verdict.valid()) return {};
  return core::fail(core::Code::crypto, verdict.sentence,
                    placed(verdict.hint, Place{run.layout.dir(), {}}));
}

DeployOptions deployment_of(const RenewJob& job, const RenewRun& run) {
  DeployOptions options;
  options.identity = job.name;
  options.folder = job.folder;
  options.access = access_of(job.folder);
  options.check = [&run](const std::vector<Certificate>& chain) { return check_chain(chain, run); };
  options.before_use = [&run, name = job.name](const core::Path& generation,
                                               const Certificate& leaf) {
    const Succeeded made{name, generation, leaf};
    return record_successors(run.layout, {&made, 1}, run.now);
  };
  options.services = run.options.services;
  options.verify_within = run.options.verify_within;
  if (run.options.on_step)
    options.on_step = [&run, name = job.name](DeployStep step, std::string_view detail) {
      run.options.on_step(name, step, detail);
    };
  return options;
}

// Or has been seen to serve the new one without that.
bool is_told(const RenewJob& job, const RenewRun& run) {
  const auto& services = run.options.services;
  return std::any_of(services.begin(), services.end(), [&](const Service& service) {
    return service.identity == job.name && (service.reload || service.served_serial);
  });
}

void note_renewed(RenewJob& job, const Certificate& made, const RenewRun& run) {
  const auto& uses = made.extended_key_usage;
  const bool server = std::find(uses.begin(), uses.end(), "serverAuth") != uses.end();
  job.item->state = RenewState::renewed;
  job.item->untold = server && !is_told(job, run);
  note_current(job, made, run);
}

bool is_served(const RenewJob& job, const RenewRun& run) {
  const auto& services = run.options.services;
  return std::any_of(services.begin(), services.end(),
                     [&](const Service& service) { return service.identity == job.name; });
}

// An identity that somebody serves: each by itself, up to the proof.
void renew_served(RenewJob& job, RenewRun& run) {
  const auto pair = new_pair(job, run);
  if (!pair) return note_failure(job, RenewState::failed, pair.error());
  const Deployed done = deploy(*pair, deployment_of(job, run), run.stop);
  if (done.certificate) job.item->new_serial = done.certificate->serial;
  if (done.error)
    return note_failure(job, done.rolled_back ? RenewState::rolled_back : RenewState::failed,
                        *done.error);
  note_renewed(job, *done.certificate, run);
}

core::Result<Deployed> stage_quiet(const RenewJob& job, Installer& installer, RenewRun& run) {
  const Pair pair = WXSEC_TRY(new_pair(job, run));
  return stage_checked(pair, deployment_of(job, run), installer);
}

struct Staged {
  RenewJob* job;
  Deployed done;
};

// On the disk, then in the ledger, then in use.
core::Result<void> put_in_use(Installer& installer, const std::vector<Staged>& staged,
                              const RenewRun& run) {
  std::vector<Succeeded> made;
  for (const Staged& one : staged)
    made.push_back({one.job->name, one.done.generation, *one.done.certificate});
  WXSEC_TRY(installer.sync());
  WXSEC_TRY(record_successors(run.layout, made, run.now));
  return installer.link();
}

// Those that nobody serves: all staged, two syncs, all swapped.
void renew_quiet(std::vector<RenewJob*>& jobs, RenewRun& run) {
  Installer installer;
  std::vector<Staged> staged;
  for (RenewJob* job : jobs) {
    if (run.stop.stop_requested()) break;
    auto done = stage_quiet(*job, installer, run);
    if (!done) {
      note_failure(*job, RenewState::failed, done.error());
      continue;
    }
    job->item->new_serial = done->certificate->serial;
    staged.push_back({job, std::move(*done)});
  }
  const auto committed = put_in_use(installer, staged, run);
  for (const auto& [job, done] : staged) {
    const Certificate& made = *done.certificate;
    const DeployOptions deployment = deployment_of(*job, run);
    if (!committed) {
      note_failure(*job, RenewState::rolled_back,
                   put_back(job->old_generation, done.generation, committed.error(), deployment));
      continue;
    }
    if (deployment.on_step) deployment.on_step(DeployStep::swapped, made.serial);
    note_renewed(*job, made, run);
    prune_generations(job->folder, kKeptGenerations);
  }
}

// Who may not read the authority would take its certificates for a stranger's.
core::Result<void> check_authority_readable(const Layout& layout) {
  const auto issuing = core::read_file(layout.issuing().cert, pki::kMaxCertificateFile);
  if (issuing || issuing.error().code != core::Code::permission) return {};
  return core::fail(issuing.error());
}

// As a client of this directory: by its ca.pem and crl.pem alone.
core::Result<std::unique_ptr<Judge>> judge_for(const RenewRun& run) {
  Trust trust = WXSEC_TRY(load_trust({}, run.layout.dir()));
  trust.asked_for = true;
  return std::make_unique<Judge>(std::move(trust), run.now);
}

core::Result<RenewReport> renew_all(RenewRun& run) {
  WXSEC_TRY(check_authority_readable(run.layout));
  std::vector<RenewJob> jobs = WXSEC_TRY(collect_due(run));
  if (run.options.dry_run) return std::move(run.report);
  run.report.crl_error = keep_crl(run);
  if (jobs.empty()) return std::move(run.report);
  run.judge.emplace(judge_for(run));
  std::vector<RenewJob*> quiet;
  for (RenewJob& job : jobs) {
    if (run.stop.stop_requested())
      return core::fail(core::Code::interrupted, "the renewal was interrupted",
                        "run it again: what is left is still due");
    if (is_served(job, run)) {
      renew_served(job, run);
    } else {
      quiet.push_back(&job);
    }
  }
  renew_quiet(quiet, run);
  return std::move(run.report);
}

}  // namespace

std::string_view renew_state_text(RenewState state) {
  return kStates[static_cast<std::size_t>(state)];
}

bool RenewReport::failed() const {
  return crl_error || std::any_of(items.begin(), items.end(), [](const RenewItem& item) {
           return item.state == RenewState::rolled_back || item.state == RenewState::failed;
         });
}

bool RenewReport::ok() const {
  return !failed() && std::none_of(items.begin(), items.end(), [](const RenewItem& item) {
    return item.state == RenewState::foreign || (item.state == RenewState::revoked && item.error);
  });
}

core::Result<RenewReport> renew_locked(const RenewOptions& options, const core::Clock& clock,
                                       const std::stop_token& stop) {
  if (options.lifetime) WXSEC_TRY(check_lifetime(*options.lifetime));
  RenewRun run{options, std::chrono::floor<std::chrono::seconds>(clock.now()),
               stop,    Layout(options.dir),
               {},      {},
               {}};
  run.revoked = RevokedHere::load_readable(run.layout);
  return renew_all(run);
}

core::Result<RenewReport> renew(const RenewOptions& options, const core::Clock& clock,
                                const std::stop_token& stop) {
  const Layout layout(options.dir);
  // A missing directory must not be made by the lock.
  WXSEC_TRY(check_service_names(options.services, layout));
  if (options.dry_run) return renew_locked(options, clock, stop);
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  remove_left_overs(layout);
  return renew_locked(options, clock, stop);
}

}  // namespace wxsec::certs
