// Which identities are due, and what is to be said of those that are and cannot be renewed here.
#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "src/certs/generations.h"
#include "src/certs/renewer.h"
#include "src/certs/successor.h"
#include "src/renew/renew_run.h"

namespace wxsec::certs {
namespace {

using pki::Certificate;

bool is_authority_name(std::string_view name) { return name == "root" || name == "issuing"; }

core::Result<std::vector<std::string>> chosen_names(const RenewRun& run) {
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
  return each_once(run.options.names);
}

core::Result<RenewJob> job_for(const RenewRun& run, const std::string& name) {
  RenewJob job;
  job.name = name;
  job.folder = run.layout.identity(name);
  job.old_generation = WXSEC_TRY(resolve_current(job.folder));
  job.old = WXSEC_TRY(pki::load_certificates(files_in(job.old_generation).cert)).front();
  return job;
}

// The way back in for one that was revoked: a new key, from whoever makes its keys.
std::string way_back(const RenewJob& job, const RenewRun& run) {
  const std::string dir = core::shell_word(run.options.dir.string());
  if (!core::path_exists(files_in(job.old_generation).key) &&
      holder_has_key(job.folder, job.old_generation))
    return fmt::format(
        "if it shall be let in again, have it make a new key and sign the request for that: wxsec "
        "certs sign --dir {} --csr FILE --name {} --replace",
        dir, job.name);
  return fmt::format(
      "if it shall be let in again, give it a new key: wxsec certs issue --dir {} --profile {} "
      "--replace {}",
      dir, profile_name_of(run.layout, job.name), job.name);
}

bool is_due(const Certificate& certificate, const RenewRun& run) {
  return run.options.force || run.now >= renewal_due(certificate, run.options.due);
}

bool is_named(const RenewJob& job, const RenewRun& run) {
  const auto& names = run.options.names;
  return std::find(names.begin(), names.end(), job.name) != names.end();
}

// Due, of another authority, and not asked for by name: somebody else's business.
bool is_foreign(const RenewJob& job, const RenewRun& run) {
  return !is_named(job, run) && !is_ours(job.old, run.layout);
}

void pass_over_revoked(const RenewJob& job, const RenewRun& run) {
  job.item->state = RenewState::revoked;
  if (is_named(job, run))
    job.item->error =
        core::Error{core::Code::usage, "it was revoked, and a renewal does not let it in again",
                    way_back(job, run)};
}

void judge_job(RenewJob& job, const RenewRun& run) {
  job.item->old_serial = job.old.serial;
  note_current(job, job.old, run);
  if (run.revoked.has(job.old)) return pass_over_revoked(job, run);
  if (!is_due(job.old, run)) return;
  if (!is_foreign(job, run)) {
    const auto rest = run.options.resting.find(job.name);
    if (rest != run.options.resting.end())
      return note_failure(job, RenewState::failed, rest->second);
    if (const auto can = check_renewable(job, run); !can)
      return note_failure(job, RenewState::failed, can.error());
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

}  // namespace

// By what its maker left in its folder: `certs acme obtain` its settings, certbot's hook its state.
std::string where_renewed(const RenewJob& job, const RenewRun& run) {
  const std::string dir = core::shell_word(run.options.dir.string());
  if (core::path_exists(job.folder / kAcmeFile))
    return fmt::format("it came from an ACME server: wxsec certs acme renew --dir {} {}", dir,
                       job.name);
  if (core::path_exists(job.folder / kCertbotFile))
    return fmt::format("certbot renews it: wxsec certs acme certbot --renew --dir {}", dir);
  return "renew it where it was issued, then: wxsec certs import";
}

void note_current(RenewJob& job, const Certificate& certificate, const RenewRun& run) {
  job.item->not_after = certificate.not_after;
  job.item->due = renewal_due(certificate, run.options.due);
}

void note_failure(RenewJob& job, RenewState state, core::Error error) {
  job.item->state = state;
  job.item->error = std::move(error);
}

core::Result<std::vector<RenewJob>> collect_due(RenewRun& run) {
  const auto names = WXSEC_TRY(chosen_names(run));
  run.report.items.resize(names.size());
  std::vector<RenewJob> jobs;
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

}  // namespace wxsec::certs
