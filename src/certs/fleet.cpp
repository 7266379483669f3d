// The folder is the ledger: an identity with a `current` link is issued, one without is not. A
// batch is staged, synced once and linked, so the disk waits twice per batch and not eight times
// per certificate; a kill in between costs a batch that the next run makes again.
#include "src/certs/fleet.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/certs/authority.h"
#include "src/certs/generation.h"

namespace wxsec::certs {
namespace {

constexpr unsigned kMost = 99'999;
constexpr unsigned kBatch = 1'000;

struct Run {
  const FleetOptions& options;
  core::Instant now;
  Layout layout;
  Authority authority;
  Profile profile;
  Access access;
  FleetReport report;
};

core::Result<void> make_one(unsigned number, Installer& installer, Run& run) {
  const std::string name = fleet_name(run.options.each.name, number);
  const core::Path folder =
      run.profile.name == "station" ? run.layout.stations() / name : run.layout.dir() / name;
  if (resolve_current(folder)) {
    ++run.report.kept;
    return {};
  }
  LeafRequest request{name, run.profile, {}, run.now, nullptr};
  request.names = default_names(name, run.profile, run.authority.issuing());
  const Pair pair = WXSEC_TRY(make_leaf(request, run.authority));
  WXSEC_TRY(installer.stage(folder, pair, run.access));
  ++run.report.created;
  return {};
}

core::Result<void> make_batch(unsigned from, unsigned to, const std::stop_token& stop, Run& run) {
  Installer installer;
  for (unsigned number = from; number <= to && !stop.stop_requested(); ++number) {
    WXSEC_TRY(make_one(number, installer, run));
    if (run.options.on_progress) run.options.on_progress(number);
  }
  return installer.commit();
}

core::Result<Profile> profile_of(const IssueOptions& each) {
  Profile profile = WXSEC_TRY(find_profile(each.dir, each.profile));
  if (profile.ca || profile.fault != Fault::none)
    return core::fail(core::Code::usage,
                      fmt::format("a fleet of '{}' makes no sense", each.profile),
                      "use --profile station, client or server");
  if (each.lifetime) profile.lifetime = *each.lifetime;
  if (each.key) profile.key = *each.key;
  WXSEC_TRY(check_strong(profile.key));
  return profile;
}

core::Result<Access> access_for(const IssueOptions& each) {
  if (each.group.empty()) return Access{};
  return Access{0640, WXSEC_TRY(find_group(each.group)), 0755};
}

}  // namespace

std::string fleet_name(std::string_view prefix, unsigned number) {
  return fmt::format("{}-{:05}", prefix, number);
}

core::Result<FleetReport> issue_fleet(const FleetOptions& options, const core::Clock& clock,
                                      const std::stop_token& stop) {
  if (options.count == 0 || options.count > kMost)
    return core::fail(core::Code::usage, fmt::format("--count must be 1 to {}", kMost));
  const std::string last = fleet_name(options.each.name, options.count);
  WXSEC_TRY(check_identity_name(last));
  Profile profile = WXSEC_TRY(profile_of(options.each));
  const Access access = WXSEC_TRY(access_for(options.each));
  const Layout layout(options.each.dir);
  WXSEC_TRY(layout.identities());  // a missing directory must not be made by the lock
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), std::chrono::seconds(5)));
  Run run{options,
          std::chrono::floor<std::chrono::seconds>(clock.now()),
          layout,
          WXSEC_TRY(load_authority(layout, options.each.ca_passphrase)),
          std::move(profile),
          access,
          {fleet_name(options.each.name, 1), last, 0, 0}};
  for (unsigned from = 1; from <= options.count; from += kBatch) {
    WXSEC_TRY(make_batch(from, std::min(options.count, from + kBatch - 1), stop, run));
    if (stop.stop_requested())
      return core::fail(core::Code::interrupted,
                        fmt::format("interrupted after {} new certificates", run.report.created),
                        "run the same command again: it goes on where it stopped");
  }
  return run.report;
}

}  // namespace wxsec::certs
