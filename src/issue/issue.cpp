#include "src/issue/issue.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "src/certs/authority.h"
#include "src/certs/generation.h"
#include "src/certs/generations.h"
#include "src/certs/key_access.h"
#include "src/certs/ledger.h"
#include "src/certs/place.h"
#include "src/certs/renewer.h"

namespace wxsec::certs {
namespace {

core::Result<Profile> profile_of(const IssueOptions& options) {
  Profile profile = WXSEC_TRY(find_profile(options.dir, options.profile));
  if (profile.ca)
    return core::fail(core::Code::usage,
                      fmt::format("profile '{}' is for authorities", options.profile),
                      "'wxsec certs init' makes those");
  if (options.lifetime) {
    WXSEC_TRY(check_lifetime(*options.lifetime));
    profile.lifetime = *options.lifetime;
  }
  if (options.key) profile.key = *options.key;
  if (options.fault) profile.fault = *options.fault;
  if (profile.fault != Fault::weak_key) WXSEC_TRY(check_strong(profile.key));
  return profile;
}

core::Path folder_of(const IssueOptions& options, const Profile& profile, const Layout& layout) {
  if (!options.out.empty()) return options.out;
  if (profile.fault != Fault::none) return layout.wrong(options.name);
  return layout.place_for(options.name, profile.name == "station");
}

core::Result<void> check_free(const core::Path& folder, IfExists if_exists) {
  if (if_exists == IfExists::new_generation || !WXSEC_TRY(is_in_use(folder))) return {};
  return core::fail(
      core::Code::exists, fmt::format("{} is there already", folder.string()),
      "renew it with 'wxsec certs renew', make a new one in its place with --replace, "
      "or take another name");
}

// RFC 5280 does not forbid to say a name twice, but lint does.
std::vector<pki::AlternativeName> without_copies(const std::vector<pki::AlternativeName>& names) {
  std::vector<pki::AlternativeName> once;
  for (const pki::AlternativeName& name : names)
    if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(name);
  return once;
}

core::Result<Access> access_for(const IssueOptions& options, const core::Path& folder) {
  Access access = WXSEC_TRY(is_in_use(folder)) ? access_of(folder) : Access{};
  if (options.group.empty()) return access;
  access.key_mode = 0640;
  access.group = WXSEC_TRY(find_group(options.group));
  return access;
}

}  // namespace

core::Result<Issued> issue(const IssueOptions& options, const core::Clock& clock) {
  WXSEC_TRY(check_leaf_name(options.name));
  const Layout layout(options.dir);
  Profile profile = WXSEC_TRY(profile_of(options));
  LeafRequest request{options.name, std::move(profile), without_copies(options.names),
                      std::chrono::floor<std::chrono::seconds>(clock.now())};
  const core::Path folder = folder_of(options, request.profile, layout);
  if (!core::path_exists(options.dir))
    return core::fail(
        core::Code::not_found, fmt::format("there is no directory {}", options.dir.string()),
        fmt::format("make one: wxsec certs init --dir {}", core::shell_word(options.dir.string())));
  const auto lock = WXSEC_TRY(core::FileLock::acquire(layout.lock(), std::chrono::seconds(5)));
  WXSEC_TRY(check_free(folder, options.if_exists));
  const Authority authority = WXSEC_TRY(load_authority(layout, options.ca_passphrase));
  if (request.names.empty())
    request.names = default_names(options.name, request.profile, authority.issuing());
  const auto made = make_leaf(request, authority);
  if (!made) return failure_in(made.error(), options.dir);
  const Pair& pair = *made;
  Installer installer;
  const Access access = WXSEC_TRY(access_for(options, folder));
  const core::Path generation = WXSEC_TRY(installer.stage(folder, pair, access));
  WXSEC_TRY(installer.sync());
  // Recorded before it is in use: see ledger.h.
  const Fault fault = request.profile.fault;  // has a profile of its name
  const LedgerRow row = ledger_row(
      options.name, fault == Fault::none ? request.profile.name : std::string(fault_text(fault)),
      generation, pair.chain.front(), request.now);
  WXSEC_TRY(record_issued(layout, {&row, 1}));
  WXSEC_TRY(installer.link());
  auto dismissed = WXSEC_TRY(dismiss_renewers(folder));
  prune_generations(folder, kKeptGenerations);
  const pki::Certificate& leaf = pair.chain.front();
  Issued issued{options.name, folder, generation, files_in(folder / "current"), leaf};
  issued.dismissed = std::move(dismissed);
  issued.wrong_on_purpose = request.profile.fault != Fault::none;
  issued.shortened = !issued.wrong_on_purpose && leaf.not_after == authority.issuing().not_after;
  return issued;
}

}  // namespace wxsec::certs
