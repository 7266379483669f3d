// Asked again, a certificate that is good and not due is kept: Let's Encrypt gives the same names
// five certificates a week, and scripts run in circles.
#include "src/acme/obtain.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/pki/name.h"
#include "src/certs/successor.h"
#include "src/renew/due.h"
#include "src/renew/reload.h"

namespace wxsec::acme {
namespace {

using core::Code;
using pki::Certificate;

constexpr std::chrono::seconds kLockWait{30};

// Another group than the one that may read the key now: it may from here on.
core::Result<void> share_kept(const Issue& issue, const core::Path& dir) {
  const core::Path folder = dir / issue.name;
  const certs::Access now = certs::access_of(folder);
  if (!issue.access.group || now.group == issue.access.group) return {};
  const auto lock = WXSEC_TRY(core::FileLock::acquire(certs::Layout(dir).lock(), kLockWait));
  WXSEC_TRY(certs::share_all_keys(folder, *issue.access.group));
  return {};
}

// A certificate without its key serves nobody, however good it is.
bool is_whole(const Issue& issue, const core::Path& folder) {
  return issue.old && has_its_key(folder, *issue.old);
}

// The kept certificate, if that is what is to be done.
core::Result<std::optional<Obtained>> keep(const Issue& issue, const RunOptions& run,
                                           const core::Clock& clock) {
  const core::Path folder = run.dir / issue.name;
  const auto stored = load_settings(folder);
  if (!stored || run.force || !is_whole(issue, folder) || !stored->pending.empty() ||
      !asks_for_the_same(*stored, issue.settings) ||
      !has_names(*issue.old, issue.settings.domains) ||
      clock.now() >= certs::renewal_due(*issue.old, {}))
    return std::optional<Obtained>();
  if (!(*stored == issue.settings)) WXSEC_TRY(save_settings(folder, issue.settings));
  WXSEC_TRY(share_kept(issue, run.dir));
  Obtained out;
  out.name = issue.name;
  out.state = ObtainState::kept;
  out.folder = folder;
  out.old_serial = issue.old->serial;
  out.certificate = issue.old;
  return std::optional(std::move(out));
}

core::Result<certs::Access> access_for(const std::string& group, const core::Path& folder) {
  certs::Access access =
      WXSEC_TRY(certs::is_in_use(folder)) ? certs::access_of(folder) : certs::Access{};
  if (group.empty()) return access;
  access.key_mode = 0640;
  access.group = WXSEC_TRY(certs::find_group(group));
  return access;
}

core::Result<std::string> one_domain(const std::string& text) {
  if (text.starts_with("*."))
    return core::fail(Code::usage,
                      fmt::format("'{}' needs the challenge dns-01, which is not built in",
                                  core::escape_terminal(text)),
                      "name the hosts one by one, or use certbot with your DNS provider's plugin");
  const auto name = WXSEC_TRY(pki::parse_alternative_name(text));
  if (name.kind == pki::NameKind::dns) return name.value;
  return core::fail(Code::usage, fmt::format("'{}' is no DNS name", core::escape_terminal(text)),
                    "ACME certifies names: --domain broker.your.domain");
}

}  // namespace

core::Result<Names> usual_names(std::string_view name, const std::vector<std::string>& domains) {
  Names out;
  for (const std::string& text : domains) {
    std::string domain = WXSEC_TRY(one_domain(text));
    if (std::find(out.domains.begin(), out.domains.end(), domain) == out.domains.end())
      out.domains.push_back(std::move(domain));
  }
  if (out.domains.empty() || out.domains.size() > kMaxNames)
    return core::fail(Code::usage, fmt::format("{} domains were given", out.domains.size()),
                      fmt::format("give 1 to {} with --domain", kMaxNames));
  out.identity = name.empty() ? out.domains.front() : std::string(name);
  WXSEC_TRY(certs::check_leaf_name(out.identity));
  return out;
}

bool has_names(const Certificate& leaf, const std::vector<std::string>& domains) {
  return leaf.names.size() == domains.size() &&
         std::all_of(domains.begin(), domains.end(),
                     [&](const std::string& domain) { return pki::is_for_host(leaf, domain); });
}

core::Result<Obtained> obtain(const ObtainOptions& options, const core::Clock& clock,
                              const std::stop_token& stop) {
  const Names names = WXSEC_TRY(usual_names(options.name, options.settings.domains));
  const RunOptions& run = options.run;
  WXSEC_TRY(certs::check_not_ours(certs::Layout(run.dir), names.identity));
  Issue issue;
  issue.name = names.identity;
  issue.settings = options.settings;
  issue.settings.domains = names.domains;
  for (std::string& how : issue.settings.reloads) how = WXSEC_TRY(certs::from_anywhere(how));
  issue.agree_to_terms = options.agree_to_terms;
  issue.external = options.external;
  WXSEC_TRY(services_of(issue, run));
  issue.access = WXSEC_TRY(access_for(options.group, run.dir / issue.name));
  const auto lock = WXSEC_TRY(acme_lock(run.dir));
  issue.old = current_leaf(run.dir / issue.name);
  if (auto kept = WXSEC_TRY(keep(issue, run, clock))) return std::move(*kept);
  if (auto pending = deploy_pending(issue, run, clock, stop)) return std::move(*pending);
  Session session = WXSEC_TRY(open_session(issue.settings, run, clock, stop));
  return issue_and_deploy(std::move(issue), run, session, clock, stop);
}

}  // namespace wxsec::acme
