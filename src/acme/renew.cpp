#include "src/acme/renew.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/shell_word.h"
#include "src/acme/ari.h"
#include "src/certs/layout.h"
#include "src/certs/successor.h"
#include "src/renew/due.h"

namespace wxsec::acme {
namespace {

using core::Code;
using pki::Certificate;

constexpr std::array<std::string_view, 5> kStates{"not-due", "would-renew", "renewed",
                                                  "rolled-back", "failed"};

struct Job {
  Issue issue;
  Certificate current;
};

core::Result<std::vector<std::string>> chosen(const RenewOptions& options) {
  std::vector<std::string> all = WXSEC_TRY(acme_identities(options.run.dir));
  for (const std::string& name : options.names)
    if (std::find(all.begin(), all.end(), name) == all.end())
      return core::fail(Code::usage, fmt::format("'{}' did not come from an ACME server", name),
                        "'wxsec certs acme obtain' makes one; 'wxsec certs renew' renews your own");
  return options.names.empty() ? all : certs::each_once(options.names);
}

// Its own authority's certificate took the place, and the settings were left behind.
core::Result<void> check_still_theirs(const core::Path& dir, const std::string& name) {
  const auto theirs = certs::check_not_ours(certs::Layout(dir), name);
  if (theirs) return theirs;
  core::Error error = theirs.error();
  error.hint =
      fmt::format("if that shall stay: rm {}; if not, move the folder away and obtain anew",
                  core::shell_word((dir / name / kSettingsFile).string()));
  return core::fail(std::move(error));
}

core::Result<Job> job_for(const RenewOptions& options, const std::string& name) {
  const core::Path folder = options.run.dir / name;
  Job job;
  job.issue.name = name;
  job.issue.settings = WXSEC_TRY(load_settings(folder));
  WXSEC_TRY(check_still_theirs(options.run.dir, name));
  if (!options.ca_file.empty()) job.issue.settings.ca_file = options.ca_file;
  const core::Path generation = WXSEC_TRY(certs::resolve_current(folder));
  job.current = WXSEC_TRY(pki::load_certificates(certs::files_in(generation).cert)).front();
  job.issue.old = job.current;
  job.issue.access = certs::access_of(folder);
  // Who runs a renewal has agreed when the account was made.
  job.issue.agree_to_terms = true;
  return job;
}

// A server that does not answer this must not keep a certificate from being renewed by its age.
std::optional<RenewalInfo> window_of(Session& session, const Job& job,
                                     const RenewOptions& options) {
  auto window = ask_renewal_info(session, job.current);
  if (window) return *window;
  if (options.run.note)
    options.run.note(fmt::format("{}: no renewal information ({}); going by its age",
                                 job.issue.name, window.error().what));
  return std::nullopt;
}

void take_over(const Obtained& done, RenewItem& item) {
  item.error = done.error;
  item.state = done.state == ObtainState::obtained      ? RenewState::renewed
               : done.state == ObtainState::rolled_back ? RenewState::rolled_back
                                                        : RenewState::failed;
  if (item.state == RenewState::renewed && done.certificate)
    item.new_serial = done.certificate->serial;
  if (done.certificate) item.not_after = done.certificate->not_after;
}

core::Result<void> renew_one(const RenewOptions& options, Job job, RenewItem& item,
                             const core::Clock& clock, const std::stop_token& stop) {
  const bool whole = has_its_key(options.run.dir / job.issue.name, job.current);
  const auto is_due = [&] { return options.run.force || !whole || clock.now() >= item.due; };
  item.due = renewal_moment(job.current, options.within, std::nullopt);
  if (options.dry_run) {
    if (is_due()) item.state = RenewState::would_renew;
    return {};
  }
  if (const auto pending = deploy_pending(job.issue, options.run, clock, stop)) {
    take_over(*pending, item);
    return {};
  }
  Session session = WXSEC_TRY(open_session(job.issue.settings, options.run, clock, stop));
  item.window = window_of(session, job, options);
  item.due = renewal_moment(job.current, options.within, item.window);
  if (!is_due()) return {};
  const Certificate old = job.current;
  const Obtained done =
      WXSEC_TRY(issue_and_deploy(std::move(job.issue), options.run, session, clock, stop));
  take_over(done, item);
  if (done.certificate && done.certificate->serial != old.serial)
    item.due = renewal_moment(*done.certificate, options.within, std::nullopt);
  return {};
}

RenewItem item_for(const RenewOptions& options, const std::string& name, const core::Clock& clock,
                   const std::stop_token& stop) {
  RenewItem item;
  item.name = name;
  auto job = job_for(options, name);
  core::Result<void> done;
  if (job) {
    item.old_serial = job->current.serial;
    item.not_after = job->current.not_after;
    done = renew_one(options, std::move(*job), item, clock, stop);
  } else {
    done = core::fail(job.error());
  }
  if (done) return item;
  item.state = RenewState::failed;
  item.error = done.error();
  return item;
}

core::Result<RenewReport> renew_chosen(const RenewOptions& options, const core::Clock& clock,
                                       const std::stop_token& stop) {
  RenewReport report;
  for (const std::string& name : WXSEC_TRY(chosen(options))) {
    if (stop.stop_requested())
      return core::fail(Code::interrupted, "the renewal was interrupted",
                        "run it again: what is left is still due");
    report.items.push_back(item_for(options, name, clock, stop));
    const auto& error = report.items.back().error;
    if (error && error->code == Code::interrupted) return core::fail(*error);
  }
  return report;
}

}  // namespace

std::string_view renew_state_text(RenewState state) {
  return kStates[static_cast<std::size_t>(state)];
}

bool RenewReport::ok() const {
  return std::none_of(items.begin(), items.end(), [](const RenewItem& item) {
    return item.state == RenewState::rolled_back || item.state == RenewState::failed;
  });
}

core::Instant renewal_moment(const Certificate& certificate, const certs::Threshold& within,
                             const std::optional<RenewalInfo>& window) {
  const core::Instant by_age = certs::renewal_due(certificate, {within, {}});
  if (!window) return by_age;
  const core::Instant wished = moment_in(*window, certificate);
  const core::Instant latest = certificate.not_after - pki::lifetime(certificate) / 10;
  const bool named = within.left || within.share;
  return std::min({wished, latest, named ? by_age : latest});
}

core::Result<RenewReport> renew(const RenewOptions& options, const core::Clock& clock,
                                const std::stop_token& stop) {
  WXSEC_TRY(core::list_directory(options.run.dir));  // a missing one must not be made by the lock
  if (options.dry_run) return renew_chosen(options, clock, stop);
  const auto lock = WXSEC_TRY(acme_lock(options.run.dir));
  return renew_chosen(options, clock, stop);
}

}  // namespace wxsec::acme
