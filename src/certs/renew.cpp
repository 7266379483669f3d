// The order of a renewal, and why it is this one:
//
//     issue    the new pair is written beside the old one; nobody sees it
//     check    read back from the disk: key and certificate belong together, the chain verifies
//     swap     one rename of the `current` link
//     reload   every service that uses it is told
//     verify   a handshake reads the serial that is really served
//
// A broker that was reloaded may go on serving the old certificate (a wrong path in its file, a key
// that its user cannot read), or with Mosquitto 2.0 refuse everybody. Nobody notices until the old
// one expires, at night. Hence the last step; and if it fails, the link goes back, the services are
// told again, and the command fails loudly while the old certificate is still good.
#include "src/certs/renew.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/stop.h"
#include "lib/core/time.h"
#include "lib/pki/key.h"
#include "lib/pki/verify.h"
#include "src/certs/authority.h"
#include "src/certs/crl_file.h"
#include "src/certs/examine.h"
#include "src/certs/generation.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

constexpr std::array<std::string_view, 6> kSteps{"issued",   "checked",  "swapped",
                                                 "reloaded", "verified", "rolled-back"};
constexpr std::array<std::string_view, 5> kStates{"not-due", "would-renew", "renewed",
                                                  "rolled-back", "failed"};
constexpr std::chrono::seconds kLockWait{30};
constexpr std::chrono::milliseconds kAskAgain{50};

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

  void tell(const Job& job, RenewStep step, std::string_view detail) const {
    if (options.on_step) options.on_step(job.name, step, detail);
  }
};

bool is_authority_name(std::string_view name) { return name == "root" || name == "issuing"; }

core::Result<std::vector<std::string>> chosen_names(const Run& run) {
  std::vector<std::string> all = WXSEC_TRY(run.layout.identities());
  std::erase_if(all, is_authority_name);
  if (run.options.names.empty()) return all;
  for (const std::string& name : run.options.names) {
    if (is_authority_name(name))
      return core::fail(core::Code::usage, fmt::format("'{}' is an authority", name),
                        "a new authority is a new directory: wxsec certs init --dir NEW");
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

// The profile is what the old certificate says, so that a renewal never changes what it is for.
LeafRequest successor_of(const Certificate& old, const Run& run) {
  LeafRequest request;
  request.name = old.common_name;
  request.now = run.now;
  request.names = old.names;
  const auto has = [&](const char* use) {
    return std::find(old.extended_key_usage.begin(), old.extended_key_usage.end(), use) !=
           old.extended_key_usage.end();
  };
  request.profile.server = has("serverAuth");
  request.profile.client = has("clientAuth");
  const auto whole = pki::lifetime(old);
  request.profile.lifetime = run.options.lifetime.value_or(
      whole < std::chrono::days(1) ? whole : whole + std::chrono::seconds(1));
  switch (old.key_kind) {
    case pki::KeyKind::ec_p384: request.profile.key = pki::KeyType::p384; break;
    case pki::KeyKind::ed25519: request.profile.key = pki::KeyType::ed25519; break;
    case pki::KeyKind::rsa:
      request.profile.key = old.key_bits >= 4096   ? pki::KeyType::rsa4096
                            : old.key_bits >= 3072 ? pki::KeyType::rsa3072
                                                   : pki::KeyType::rsa2048;
      break;
    default: request.profile.key = pki::KeyType::p256; break;
  }
  return request;
}

core::Result<void> check_ours(const Job& job, const Run& run) {
  std::vector<Certificate> issuers;
  for (const std::string_view name : {"issuing", "root"}) {
    const core::Path folder = run.layout.identity(name);
    for (const std::string& generation : generations_in(folder)) {
      const auto found = pki::load_certificates(files_in(folder / generation).cert);
      if (found && found->front().subject_key_id == job.old.authority_key_id) return {};
    }
  }
  return core::fail(core::Code::unsupported,
                    fmt::format("{} was not issued by this directory's authority", job.name),
                    "renew it where it came from");
}

core::Result<Pair> new_pair(const Job& job, Run& run) {
  if (!run.authority)
    run.authority = WXSEC_TRY(load_authority(run.layout, run.options.ca_passphrase));
  LeafRequest request = successor_of(job.old, run);
  std::optional<pki::Key> kept;
  if (!run.options.new_key) kept = WXSEC_TRY(pki::Key::load(files_in(job.old_generation).key, {}));
  if (kept) request.key = &*kept;
  return make_leaf(request, *run.authority);
}

// What was written, read back and judged as a client would.
core::Result<Certificate> check_written(const core::Path& generation, const Run& run) {
  const IdentityFiles files = files_in(generation);
  const auto chain = WXSEC_TRY(pki::load_certificates(files.fullchain));
  const pki::Key key = WXSEC_TRY(pki::Key::load(files.key, {}));
  if (!key.matches(chain.front()))
    return core::fail(core::Code::crypto, "the new key and certificate do not belong together");
  Trust trust = WXSEC_TRY(load_trust({}, run.layout.dir()));
  trust.asked_for = true;
  const pki::Verdict verdict = judge(chain, trust, std::nullopt, run.now);
  if (!verdict.valid()) return core::fail(core::Code::crypto, verdict.sentence, verdict.hint);
  return chain.front();
}

void remove_generation(const core::Path& generation) {
  std::error_code ignored;
  std::filesystem::remove_all(generation, ignored);
}

// Stages a checked pair. On failure nothing of it remains.
core::Result<Certificate> stage_checked(const Job& job, Installer& installer, Run& run) {
  WXSEC_TRY(check_ours(job, run));
  const Pair pair = WXSEC_TRY(new_pair(job, run));
  const core::Path generation = WXSEC_TRY(installer.stage(job.folder, pair, access_of(job.folder)));
  run.tell(job, RenewStep::issued, pair.chain.front().serial);
  auto checked = check_written(generation, run);
  if (!checked) {
    remove_generation(generation);
    return core::fail(core::with_context(checked.error(), job.name));
  }
  run.tell(job, RenewStep::checked, generation.string());
  return checked;
}

std::vector<const Service*> services_of(const Job& job, const Run& run) {
  std::vector<const Service*> found;
  for (const Service& service : run.options.services)
    if (service.identity == job.name) found.push_back(&service);
  return found;
}

core::Result<void> reload_all(const Job& job, const Run& run) {
  for (const Service* service : services_of(job, run)) {
    if (!service->reload) continue;
    if (auto told = service->reload(); !told)
      return core::fail(core::with_context(told.error(), service->description));
    run.tell(job, RenewStep::reloaded, service->description);
  }
  return {};
}

// Asks until the service shows `serial`: a reload takes effect when the service gets round to it.
core::Result<void> wait_served(const Service& service, const std::string& serial, const Run& run) {
  const auto deadline = core::Deadline::in(run.options.verify_within);
  for (;;) {
    const auto served = service.served_serial();
    if (served && *served == serial) return {};
    if (deadline.passed() || !core::sleep_unless_stopped(run.stop, kAskAgain)) {
      if (!served) return core::fail(core::with_context(served.error(), service.description));
      return core::fail(
          core::Code::tls,
          fmt::format("{} still serves {} instead of {}", service.description, *served, serial),
          "check which files its configuration names, and whether its user may read them");
    }
  }
}

core::Result<void> verify_all(const Job& job, const std::string& serial, const Run& run) {
  for (const Service* service : services_of(job, run)) {
    if (!service->served_serial) continue;
    WXSEC_TRY(wait_served(*service, serial, run));
    run.tell(job, RenewStep::verified, service->description);
  }
  return {};
}

core::Error roll_back(const Job& job, core::Error why, const Run& run) {
  const auto swapped = core::swap_symlink(job.old_generation.filename(), job.folder / "current");
  if (!swapped) {
    why.what += "; and going back failed: " + swapped.error().what;
    return why;
  }
  const auto told = reload_all(job, run);
  if (!told) why.what += "; and the reload after going back failed: " + told.error().what;
  run.tell(job, RenewStep::rolled_back, job.old_generation.string());
  return why;
}

void note_current(Job& job, const Certificate& certificate, const Run& run) {
  job.item->not_after = certificate.not_after;
  job.item->due = due_at(certificate, run.options.within);
}

void note_failure(Job& job, RenewState state, core::Error error) {
  job.item->state = state;
  job.item->error = std::move(error);
}

// An identity that somebody serves: each by itself, up to the proof.
void renew_served(Job& job, Run& run) {
  Installer installer;
  const auto made = stage_checked(job, installer, run);
  if (!made) return note_failure(job, RenewState::failed, made.error());
  job.item->new_serial = made->serial;
  if (auto swapped = installer.commit(); !swapped)
    return note_failure(job, RenewState::rolled_back, roll_back(job, swapped.error(), run));
  run.tell(job, RenewStep::swapped, made->serial);
  auto done = reload_all(job, run);
  if (done) done = verify_all(job, made->serial, run);
  if (!done) return note_failure(job, RenewState::rolled_back, roll_back(job, done.error(), run));
  job.item->state = RenewState::renewed;
  note_current(job, *made, run);
  prune_generations(job.folder, kKeptGenerations);
}

// Those that nobody serves: all staged, two syncs, all swapped.
void renew_quiet(std::vector<Job*>& jobs, Run& run) {
  Installer installer;
  std::vector<std::pair<Job*, Certificate>> staged;
  for (Job* job : jobs) {
    if (run.stop.stop_requested()) break;
    auto made = stage_checked(*job, installer, run);
    if (!made) {
      note_failure(*job, RenewState::failed, made.error());
      continue;
    }
    job->item->new_serial = made->serial;
    staged.emplace_back(job, std::move(*made));
  }
  const auto committed = installer.commit();
  for (auto& [job, made] : staged) {
    if (!committed) {
      note_failure(*job, RenewState::rolled_back, roll_back(*job, committed.error(), run));
      continue;
    }
    run.tell(*job, RenewStep::swapped, made.serial);
    job->item->state = RenewState::renewed;
    note_current(*job, made, run);
    prune_generations(job->folder, kKeptGenerations);
  }
}

core::Result<void> refresh_crl(Run& run) {
  const core::Path path = run.layout.crl();
  if (!core::path_exists(path) || !core::path_exists(run.layout.issuing().key)) return {};
  const pki::Crl list = WXSEC_TRY(read_crl_file(path)).front();
  if (!list.next_update) return {};
  Certificate window;
  window.not_before = list.this_update;
  window.not_after = *list.next_update;
  if (run.now < due_at(window, {})) return {};
  if (!run.authority)
    run.authority = WXSEC_TRY(load_authority(run.layout, run.options.ca_passphrase));
  WXSEC_TRY(renew_crl_file(path, run.authority->issuer, {}, run.now));
  run.report.crl_refreshed = true;
  return {};
}

bool is_due(const Certificate& certificate, const Run& run) {
  return run.options.force || run.now >= due_at(certificate, run.options.within);
}

core::Result<std::vector<Job>> collect(Run& run) {
  std::vector<Job> jobs;
  for (const std::string& name : WXSEC_TRY(chosen_names(run)))
    jobs.push_back(WXSEC_TRY(job_for(run, name)));
  run.report.items.resize(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].item = &run.report.items[i];
    jobs[i].item->name = jobs[i].name;
    jobs[i].item->old_serial = jobs[i].old.serial;
    note_current(jobs[i], jobs[i].old, run);
    if (is_due(jobs[i].old, run)) jobs[i].item->state = RenewState::would_renew;
  }
  std::erase_if(jobs, [](const Job& job) { return job.item->state == RenewState::not_due; });
  return jobs;
}

core::Result<RenewReport> renew_all(Run& run) {
  std::vector<Job> jobs = WXSEC_TRY(collect(run));
  if (run.options.dry_run) return std::move(run.report);
  WXSEC_TRY(refresh_crl(run));
  std::vector<Job*> quiet;
  for (Job& job : jobs) {
    if (run.stop.stop_requested())
      return core::fail(core::Code::interrupted, "the renewal was interrupted",
                        "run it again: what is left is still due");
    if (services_of(job, run).empty()) {
      quiet.push_back(&job);
    } else {
      renew_served(job, run);
    }
  }
  renew_quiet(quiet, run);
  return std::move(run.report);
}

}  // namespace

std::string_view renew_step_text(RenewStep step) { return kSteps[static_cast<std::size_t>(step)]; }
std::string_view renew_state_text(RenewState state) {
  return kStates[static_cast<std::size_t>(state)];
}

bool RenewReport::ok() const {
  return std::none_of(items.begin(), items.end(), [](const RenewItem& item) {
    return item.state == RenewState::rolled_back || item.state == RenewState::failed;
  });
}

core::Result<RenewReport> renew(const RenewOptions& options, const core::Clock& clock,
                                const std::stop_token& stop) {
  Run run{options, std::chrono::floor<std::chrono::seconds>(clock.now()),
          stop,    Layout(options.dir),
          {},      {}};
  WXSEC_TRY(run.layout.identities());  // a missing directory must not be made by the lock
  if (options.dry_run) return renew_all(run);
  const auto lock = WXSEC_TRY(core::FileLock::acquire(run.layout.lock(), kLockWait));
  return renew_all(run);
}

core::Result<std::string> rollback(const core::Path& dir, std::string_view name,
                                   std::string_view generation) {
  const Layout layout(dir);
  WXSEC_TRY(check_identity_name(name));
  const core::Path folder = layout.identity(name);
  const core::Path current = WXSEC_TRY(resolve_current(folder));
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), kLockWait));
  std::string target(generation);
  for (const std::string& candidate : generations_in(folder)) {
    if (!generation.empty() || candidate == current.filename()) break;
    target = candidate;
  }
  const auto all = generations_in(folder);
  if (target.empty() || std::find(all.begin(), all.end(), target) == all.end())
    return core::fail(core::Code::not_found,
                      target.empty() ? fmt::format("{} has no generation before {}", name,
                                                   current.filename().string())
                                     : fmt::format("{} has no generation {}", name, target));
  const IdentityFiles files = files_in(folder / target);
  const auto chain = WXSEC_TRY(pki::load_certificates(files.cert));
  if (!WXSEC_TRY(pki::Key::load(files.key, {})).matches(chain.front()))
    return core::fail(core::Code::crypto,
                      fmt::format("key and certificate of generation {} do not match", target));
  WXSEC_TRY(core::swap_symlink(target, folder / "current"));
  return target;
}

}  // namespace wxsec::certs
