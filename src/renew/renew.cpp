// Which identities are due, and one deployment for each. Those that a service uses go one by one,
// up to the proof that the new certificate is served (deploy.cpp tells the order); all others, a
// field full of stations, are staged first and swapped together, with two syncs of the disk in all.
#include "src/renew/renew.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "lib/pki/key.h"
#include "lib/pki/verify.h"
#include "src/certs/authority.h"
#include "src/certs/crl_file.h"
#include "src/certs/generation.h"
#include "src/certs/layout.h"
#include "src/certs/left_overs.h"
#include "src/certs/place.h"
#include "src/certs/revoked_here.h"
#include "src/certs/successor.h"
#include "src/look/examine.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::array<std::string_view, 7> kStates{"not-due", "would-renew", "renewed", "revoked",
                                                  "foreign", "rolled-back", "failed"};
constexpr std::chrono::seconds kLockWait{30};

struct Job {
  std::string name;
  core::Path folder;
  core::Path old_generation;
  Certificate old;
  RenewItem* item = nullptr;
};

struct Run {
  const RenewOptions& options;
  core::Instant now;
  std::stop_token stop;
  Layout layout;
  std::optional<Authority> authority;
  RenewReport report;
  RevokedHere revoked;
};

bool is_authority_name(std::string_view name) { return name == "root" || name == "issuing"; }

core::Result<std::vector<std::string>> chosen_names(const Run& run) {
  std::vector<std::string> all = WXSEC_TRY(run.layout.identities());
  std::erase_if(all, is_authority_name);
  if (run.options.names.empty()) return all;
  for (const std::string& name : run.options.names) {
    if (is_authority_name(name))
      return core::fail(core::Code::usage, fmt::format("'{}' is an authority", name),
                        "a new authority takes over with 'wxsec certs rotate-ca'");
    if (std::find(all.begin(), all.end(), name) == all.end())
      return core::fail(core::Code::usage, fmt::format("there is no identity '{}'", name),
                        fmt::format("wxsec certs check {} shows them", run.options.dir.string()));
  }
  return run.options.names;
}

core::Result<Job> job_for(const Run& run, const std::string& name) {
  Job job;
  job.name = name;
  job.folder = run.layout.identity(name);
  job.old_generation = WXSEC_TRY(resolve_current(job.folder));
  job.old = WXSEC_TRY(pki::load_certificates(files_in(job.old_generation).cert)).front();
  return job;
}

core::Result<void> need_authority(Run& run) {
  if (!run.authority)
    run.authority = WXSEC_TRY(load_authority(run.layout, run.options.ca_passphrase));
  return {};
}

// A certificate ends with its authority at the latest. One that does so already would be followed
// by its like at every run, until the night when both end.
core::Result<void> check_gain(const Job& job, const Run& run) {
  const Certificate& issuing = run.authority->issuing();
  if (run.options.force || job.old.not_after < issuing.not_after) return {};
  return core::fail(core::Code::unsupported,
                    fmt::format("{} cannot be made to last longer: its authority ends at {}, too",
                                job.name, core::rfc3339(issuing.not_after)),
                    "make a new authority take over: wxsec certs rotate-ca");
}

// A certificate that answered a request: only who made the request can make the next one.
core::Result<void> check_key_here(const Job& job) {
  if (core::path_exists(files_in(job.old_generation).key)) return {};
  return core::fail(
      core::Code::unsupported,
      "its private key is not here: whoever made the signing request keeps it",
      fmt::format("have a new request made there: wxsec certs sign --csr FILE --name {} --replace",
                  job.name));
}

// By what its maker left in its folder: `certs acme obtain` its settings, certbot's hook its state.
std::string where_renewed(const Job& job, const Run& run) {
  const std::string dir = core::shell_word(run.options.dir.string());
  if (core::path_exists(job.folder / "acme.json"))
    return fmt::format("it came from an ACME server: wxsec certs acme renew --dir {} {}", dir,
                       job.name);
  if (core::path_exists(job.folder / "hook.json"))
    return fmt::format("certbot renews it: wxsec certs acme certbot --renew --dir {}", dir);
  return "renew it where it was issued, then: wxsec certs import";
}

// The way back in for one that was revoked: a new key, from whoever makes its keys.
std::string way_back(const Job& job, const Run& run) {
  const std::string dir = core::shell_word(run.options.dir.string());
  if (!core::path_exists(files_in(job.old_generation).key))
    return fmt::format(
        "if it shall be let in again, have it make a new key and sign the request for that: wxsec "
        "certs sign --dir {} --csr FILE --name {} --replace",
        dir, job.name);
  const LeafRequest like_it = successor_of(job.old, job.old, run.options.lifetime, run.now);
  return fmt::format(
      "if it shall be let in again, give it a new key: wxsec certs issue --dir {} --profile {} "
      "--replace {}",
      dir, like_it.profile.name, job.name);
}

// A later certificate may have taken over the key of one that was revoked.
core::Result<pki::Key> kept_key(const Job& job, const Run& run) {
  if (WXSEC_TRY(run.revoked.has_key(run.layout, job.old.public_key_sha256)))
    return core::fail(core::Code::usage, "its key was revoked with an earlier certificate",
                      "renew it with a new key: leave out --keep-key");
  return pki::Key::load(files_in(job.old_generation).key, {});
}

core::Result<Pair> new_pair(const Job& job, Run& run) {
  const auto issuer = issuer_of(job.old, run.layout);
  if (!issuer)
    return core::fail(core::Code::unsupported, "it was not issued by this directory's authority",
                      where_renewed(job, run));
  WXSEC_TRY(check_key_here(job));
  WXSEC_TRY(need_authority(run));
  WXSEC_TRY(check_gain(job, run));
  LeafRequest request = successor_of(job.old, *issuer, run.options.lifetime, run.now);
  std::optional<pki::Key> kept;
  if (!run.options.new_key) kept = WXSEC_TRY(kept_key(job, run));
  if (kept) request.key = &*kept;
  return make_leaf(request, *run.authority);
}

// As a client of this directory would judge it.
core::Result<void> check_chain(const std::vector<Certificate>& chain, const Run& run) {
  Trust trust = WXSEC_TRY(load_trust({}, run.layout.dir()));
  trust.asked_for = true;
  const pki::Verdict verdict = judge(chain, trust, std::nullopt, run.now);
  if (verdict.valid()) return {};
  return core::fail(core::Code::crypto, verdict.sentence,
                    placed(verdict.hint, Place{run.layout.dir(), {}}));
}

DeployOptions deployment_of(const Job& job, const Run& run) {
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

void note_current(Job& job, const Certificate& certificate, const Run& run) {
  job.item->not_after = certificate.not_after;
  job.item->due = renewal_due(certificate, run.options.due);
}

void note_failure(Job& job, RenewState state, core::Error error) {
  job.item->state = state;
  job.item->error = std::move(error);
}

bool is_told(const Job& job, const Run& run) {
  const auto& services = run.options.services;
  return std::any_of(services.begin(), services.end(), [&](const Service& service) {
    return service.identity == job.name && service.reload;
  });
}

void note_renewed(Job& job, const Certificate& made, const Run& run) {
  const auto& uses = made.extended_key_usage;
  const bool server = std::find(uses.begin(), uses.end(), "serverAuth") != uses.end();
  job.item->state = RenewState::renewed;
  job.item->untold = server && !is_told(job, run);
  note_current(job, made, run);
}

bool is_served(const Job& job, const Run& run) {
  const auto& services = run.options.services;
  return std::any_of(services.begin(), services.end(),
                     [&](const Service& service) { return service.identity == job.name; });
}

// An identity that somebody serves: each by itself, up to the proof.
void renew_served(Job& job, Run& run) {
  const auto pair = new_pair(job, run);
  if (!pair) return note_failure(job, RenewState::failed, pair.error());
  const Deployed done = deploy(*pair, deployment_of(job, run), run.stop);
  if (done.certificate) job.item->new_serial = done.certificate->serial;
  if (done.error)
    return note_failure(job, done.rolled_back ? RenewState::rolled_back : RenewState::failed,
                        *done.error);
  note_renewed(job, *done.certificate, run);
}

core::Result<Deployed> stage_quiet(const Job& job, Installer& installer, Run& run) {
  const Pair pair = WXSEC_TRY(new_pair(job, run));
  return stage_checked(pair, deployment_of(job, run), installer);
}

struct Staged {
  Job* job;
  Deployed done;
};

// On the disk, then in the ledger, then in use.
core::Result<void> put_in_use(Installer& installer, const std::vector<Staged>& staged,
                              const Run& run) {
  std::vector<Succeeded> made;
  for (const Staged& one : staged)
    made.push_back({one.job->name, one.done.generation, *one.done.certificate});
  WXSEC_TRY(installer.sync());
  WXSEC_TRY(record_successors(run.layout, made, run.now));
  return installer.link();
}

// Those that nobody serves: all staged, two syncs, all swapped.
void renew_quiet(std::vector<Job*>& jobs, Run& run) {
  Installer installer;
  std::vector<Staged> staged;
  for (Job* job : jobs) {
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

// A list that ran out makes Mosquitto refuse everybody, so whoever reads it is told of the new one
// even when no certificate was due.
core::Result<void> refresh_crl(Run& run) {
  if (!WXSEC_TRY(is_crl_due(run.layout, run.now))) return {};
  WXSEC_TRY(renew_lists(run.layout, run.options.ca_passphrase, {}, run.now));
  run.report.crl_refreshed = true;
  const auto noted = note_lists(run.layout);
  WXSEC_TRY(reload_services(run.options.services, "", {}));
  return noted;
}

bool is_due(const Certificate& certificate, const Run& run) {
  return run.options.force || run.now >= renewal_due(certificate, run.options.due);
}

bool is_named(const Job& job, const Run& run) {
  const auto& names = run.options.names;
  return std::find(names.begin(), names.end(), job.name) != names.end();
}

// Due, of another authority, and not asked for by name: somebody else's business.
bool is_foreign(const Job& job, const Run& run) {
  return !is_named(job, run) && !is_ours(job.old, run.layout);
}

void pass_over_revoked(const Job& job, const Run& run) {
  job.item->state = RenewState::revoked;
  if (is_named(job, run))
    job.item->error =
        core::Error{core::Code::usage, "it was revoked, and a renewal does not let it in again",
                    way_back(job, run)};
}

void judge_job(Job& job, const Run& run) {
  job.item->old_serial = job.old.serial;
  note_current(job, job.old, run);
  if (run.revoked.has(job.old)) return pass_over_revoked(job, run);
  if (!is_due(job.old, run)) return;
  if (!is_foreign(job, run)) {
    job.item->state = RenewState::would_renew;
    return;
  }
  const bool over = run.now > job.old.not_after;
  note_failure(job, RenewState::foreign,
               {core::Code::unsupported,
                fmt::format("{} {}, and another authority renews it",
                            over ? "expired at" : "is due for renewal, good until",
                            core::rfc3339(job.old.not_after)),
                where_renewed(job, run)});
}

core::Result<std::vector<Job>> collect(Run& run) {
  const auto names = WXSEC_TRY(chosen_names(run));
  run.report.items.resize(names.size());
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    RenewItem& item = run.report.items[i];
    item.name = names[i];
    auto job = job_for(run, names[i]);
    if (!job) {
      item.state = RenewState::failed;
      item.error = core::with_context(job.error(), names[i]);
      continue;
    }
    job->item = &item;
    judge_job(*job, run);
    if (item.state == RenewState::would_renew) jobs.push_back(std::move(*job));
  }
  return jobs;
}

// Who may not read the authority would take its certificates for a stranger's.
core::Result<void> check_authority_readable(const Layout& layout) {
  const auto issuing = core::read_file(layout.issuing().cert, pki::kMaxCertificateFile);
  if (issuing || issuing.error().code != core::Code::permission) return {};
  return core::fail(issuing.error());
}

core::Result<RenewReport> renew_all(Run& run) {
  WXSEC_TRY(check_authority_readable(run.layout));
  std::vector<Job> jobs = WXSEC_TRY(collect(run));
  if (run.options.dry_run) return std::move(run.report);
  if (auto refreshed = refresh_crl(run); !refreshed) run.report.crl_error = refreshed.error();
  std::vector<Job*> quiet;
  for (Job& job : jobs) {
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
  Run run{options, std::chrono::floor<std::chrono::seconds>(clock.now()),
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
