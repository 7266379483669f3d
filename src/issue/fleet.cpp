// A fleet is made in batches. All threads of a batch write pairs of key and certificate beside each
// other; then the disk is synced once, the serials go into the ledger in one transaction, and only
// then each `current` is linked. The disk waits three times per batch and not eight times per
// certificate, and a kill at any moment leaves what the next run completes (fleet_resume.cpp).
#include "src/issue/fleet.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "src/issue/fleet_resume.h"
#include "src/issue/fleet_worker.h"

namespace wxsec::certs {
namespace {

constexpr unsigned kBatch = 1'000;
constexpr unsigned kMostThreads = 8;

struct Run {
  const FleetPlan& plan;
  const std::stop_token& stop;
  Ledger ledger;
  std::vector<FleetWorker> workers;
  FleetReport report;
  std::mutex guard = {};  // of `failure` and the progress
  std::optional<core::Error> failure = {};
  std::uint64_t done = 0;
};

void tick(Run& run) {
  const std::lock_guard lock(run.guard);
  ++run.done;
  if (run.plan.options.on_progress) run.plan.options.on_progress(run.done);
}

bool differ(const std::vector<pki::AlternativeName>& a,
            const std::vector<pki::AlternativeName>& b) {
  return !std::is_permutation(a.begin(), a.end(), b.begin(), b.end());
}

// What has to be made of this batch; what was left behind by an earlier run is settled.
core::Result<std::vector<FleetMember>> missing_of(unsigned from, unsigned to, Installer& installer,
                                                  std::vector<LedgerRow>& rows, Run& run) {
  std::vector<FleetMember> missing;
  for (unsigned index = from; index < to; ++index) {
    FleetMember member = run.plan.member(index);
    Found found = WXSEC_TRY(look_for_left_overs(
        {run.plan.folder_of(member.name), member.name, run.plan.issuer_key_id, run.plan.now},
        run.ledger));
    if (found.what == LeftBehind::nothing) {
      missing.push_back(std::move(member));
      continue;
    }
    if (found.row) rows.push_back(std::move(*found.row));
    if (found.what == LeftBehind::complete) {
      installer.add(std::move(found.generation));
      ++run.report.completed;
    } else {
      ++run.report.kept;
      if (!member.names.empty() && differ(member.names, found.names)) ++run.report.other_names;
    }
    tick(run);
  }
  return missing;
}

void work(FleetWorker& worker, const std::vector<FleetMember>& members,
          std::atomic<std::size_t>& next, Run& run) {
  for (std::size_t at = next++; at < members.size(); at = next++) {
    if (run.stop.stop_requested()) return;
    if (const auto made = worker.make(members[at]); !made) {
      next = members.size();
      const std::lock_guard lock(run.guard);
      if (!run.failure) run.failure = made.error();
      return;
    }
    tick(run);
  }
}

void work_all(const std::vector<FleetMember>& members, Run& run) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < run.workers.size() && i < members.size(); ++i)
    threads.emplace_back([&, i] { work(run.workers[i], members, next, run); });
  work(run.workers.front(), members, next, run);
}

// Also after a failure or a stop: what was signed until then is recorded and put in use.
core::Result<void> make_batch(unsigned from, unsigned to, Run& run) {
  Installer installer;
  std::vector<LedgerRow> rows;
  const auto missing = WXSEC_TRY(missing_of(from, to, installer, rows, run));
  work_all(missing, run);
  for (FleetWorker& worker : run.workers) {
    std::vector<LedgerRow> made = worker.take_rows();
    run.report.created += static_cast<unsigned>(made.size());
    rows.insert(rows.end(), std::make_move_iterator(made.begin()),
                std::make_move_iterator(made.end()));
    run.report.renamed += worker.take_renamed();
    installer.absorb(worker.take_staged());
  }
  WXSEC_TRY(installer.sync());
  WXSEC_TRY(run.ledger.record(rows));
  WXSEC_TRY(installer.link());
  if (run.failure) return core::fail(*run.failure);
  if (!run.stop.stop_requested()) return {};
  return core::fail(core::Code::interrupted,
                    fmt::format("interrupted after {} new certificates", run.report.created),
                    "run the same command again: it goes on where it stopped");
}

core::Result<Profile> profile_of(const IssueOptions& each) {
  Profile profile = WXSEC_TRY(find_profile(each.dir, each.profile));
  if (profile.ca || profile.fault != Fault::none || each.fault.value_or(Fault::none) != Fault::none)
    return core::fail(core::Code::usage,
                      fmt::format("a fleet of '{}' makes no sense", each.profile),
                      "use --profile station, client or server");
  if (each.lifetime) {
    WXSEC_TRY(check_lifetime(*each.lifetime));
    profile.lifetime = *each.lifetime;
  }
  if (each.key) profile.key = *each.key;
  WXSEC_TRY(check_strong(profile.key));
  return profile;
}

core::Result<Access> access_for(const IssueOptions& each) {
  if (each.group.empty()) return Access{};
  return Access{0640, WXSEC_TRY(find_group(each.group)), 0755};
}

core::Failure with_place(const core::Error& error, const FleetMember& member) {
  return core::fail(member.where.empty() ? error : core::with_context(error, member.where));
}

// A row that the authority may not sign for must not come to light half-way through the table.
core::Result<void> check_rows(const FleetOptions& options, const pki::Certificate& issuing) {
  for (const FleetMember& member : options.members)
    if (const auto good = check_permitted(member.names, issuing); !good)
      return with_place(good.error(), member);
  return {};
}

// As certs init has it: whoever ends with the issuer would have ended later.
bool outlives(const Profile& profile, const FleetOptions& options, core::Instant now,
              const pki::Certificate& issuing) {
  std::chrono::milliseconds longest = profile.lifetime;
  for (const FleetMember& member : options.members)
    longest = std::max(longest, member.lifetime.value_or(longest));
  return now + longest > issuing.not_after;
}

core::Result<void> check_members(const FleetOptions& options) {
  if (options.members.empty()) {
    if (options.each.name.empty())
      return core::fail(core::Code::usage, "the name of the fleet is missing",
                        "wxsec certs issue --count 100 NAME makes NAME-00001 to NAME-00100");
    if (options.count == 0 || options.count > kMostMembers)
      return core::fail(core::Code::usage, fmt::format("--count must be 1 to {}", kMostMembers),
                        fmt::format("for one certificate leave it out: wxsec certs issue {}",
                                    core::shell_word(options.each.name)));
    return check_leaf_name(fleet_name(options.each.name, options.count));
  }
  std::set<std::string_view> seen;
  for (const FleetMember& member : options.members) {
    if (const auto good = check_leaf_name(member.name); !good)
      return with_place(good.error(), member);
    if (!seen.insert(member.name).second)
      return core::fail(core::Code::usage,
                        fmt::format("'{}' is there twice", core::escape_terminal(member.name)));
  }
  return {};
}

// A name that something else has would be made a second time, and no command would reach the one
// that is hidden then.
core::Result<void> check_places(const FleetPlan& plan) {
  for (unsigned i = 0; i < plan.size(); ++i) {
    const FleetMember member = plan.member(i);
    const core::Path there = plan.layout.place_for(member.name, plan.profile.name == "station");
    if (there == plan.folder_of(member.name)) continue;
    return with_place(
        {core::Code::exists,
         fmt::format("{} is there already, and a name stands for one identity", there.string()),
         "take another name for this one"},
        member);
  }
  return {};
}

core::Result<std::vector<FleetWorker>> make_workers(const FleetPlan& plan,
                                                    const pki::Issuer& issuer) {
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
  const unsigned wanted = plan.options.threads == 0 ? cores : plan.options.threads;
  std::vector<FleetWorker> workers;
  for (unsigned i = 0; i < std::min(wanted, plan.size()); ++i)
    workers.push_back(WXSEC_TRY(FleetWorker::create(plan, issuer)));
  return workers;
}

}  // namespace

std::string fleet_name(std::string_view prefix, unsigned number) {
  return fmt::format("{}-{:05}", prefix, number);
}

core::Result<FleetReport> issue_fleet(const FleetOptions& options, const core::Clock& clock,
                                      const std::stop_token& stop) {
  WXSEC_TRY(check_members(options));
  Profile profile = WXSEC_TRY(profile_of(options.each));
  const Access access = WXSEC_TRY(access_for(options.each));
  const Layout layout(options.each.dir);
  WXSEC_TRY(
      core::list_directory(layout.dir()));  // a missing directory must not be made by the lock
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), std::chrono::seconds(5)));
  const Authority authority = WXSEC_TRY(load_authority(layout, options.each.ca_passphrase));
  WXSEC_TRY(check_rows(options, authority.issuing()));
  const FleetPlan plan{options,
                       layout,
                       std::move(profile),
                       access,
                       std::chrono::floor<std::chrono::seconds>(clock.now()),
                       pki::to_pem(authority.issuing()),
                       authority.issuing().subject_key_id};
  WXSEC_TRY(check_places(plan));
  Ledger ledger = WXSEC_TRY(Ledger::open(layout));
  auto workers = WXSEC_TRY(make_workers(plan, authority.issuer));
  Run run{plan,
          stop,
          std::move(ledger),
          std::move(workers),
          {plan.member(0).name, plan.member(plan.size() - 1).name}};
  run.report.shortened = outlives(plan.profile, options, plan.now, authority.issuing());
  for (unsigned from = 0; from < plan.size(); from += kBatch)
    WXSEC_TRY(make_batch(from, std::min(plan.size(), from + kBatch), run));
  return run.report;
}

}  // namespace wxsec::certs
