// What certbot 2.1 does, seen in tests, and the answer here:
//
//     a failing deploy hook still exits 0     afterwards every lineage is compared with what is in
//                                             use; where they differ its stored hook is run again,
//                                             and the command fails where that fails, too
//     renewal-hooks/deploy is not run by      the hook is given as --deploy-hook, which is both run
//     certonly                                and remembered
//     "30 days before the end" makes a        renew_before_expiry is set by the lifetime
//     six-day certificate renew every time
//     --dry-run forgets the stored server     the rehearsal names it
//     and asks Let's Encrypt's staging
//     live/ is closed to all but root         the hook copies
//     a server that lost the account makes    the stored account is put aside, so that the next
//     every run fail                          certonly registers anew
#include "src/acme/certbot.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/net/endpoint.h"
#include "lib/pki/certificate.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "src/acme/stored_hook.h"
#include "src/certs/layout.h"
#include "src/certs/threshold.h"

namespace wxsec::acme {
namespace {

using core::Code;

constexpr std::chrono::minutes kCertbotLimit{10};
constexpr std::size_t kMaxConf = 256 * 1024;
constexpr std::size_t kShownOutput = 1500;
constexpr std::chrono::hours kSuitsThirtyDays{24 * 89};
constexpr std::string_view kBeforeExpiry = "renew_before_expiry";

core::Result<std::string> run_command(const Command& command) {
  proc::Spec spec;
  spec.program = WXSEC_TRY(proc::which(command.words.front(), "certbot"));
  spec.arguments.assign(command.words.begin() + 1, command.words.end());
  spec.environment = command.environment;
  auto output = WXSEC_TRY(proc::run(spec, core::Deadline::in(kCertbotLimit)));
  std::string& text = output.out;
  if (text.size() > kShownOutput) text.erase(0, text.size() - kShownOutput);
  if (output.ending.ok()) return std::move(text);
  return core::fail(Code::child_failed,
                    fmt::format("certbot failed with {}: {}", proc::to_string(output.ending),
                                core::escape_terminal(text)),
                    "its log has more: letsencrypt.log in the logs directory");
}

// Lineages that certbot renews: the *.conf of CONFIG/renewal.
std::vector<std::string> lineages(const core::Path& config) {
  std::vector<std::string> found;
  const auto names = core::list_directory(config / "renewal");
  if (!names) return found;
  for (const std::string& name : *names)
    if (name.ends_with(".conf")) found.push_back(name.substr(0, name.size() - 5));
  return found;
}

bool knows_no_account(const core::Error& error) {
  return error.what.find("accountDoesNotExist") != std::string::npos;
}

// Puts certbot's account for this server aside; it registers a new one at the next certonly.
core::Result<Repair> put_account_aside(const CertbotOptions& options) {
  const net::Endpoint server = WXSEC_TRY(net::parse_endpoint(options.server, 443));
  const core::Path accounts =
      options.dirs.config_or_default() / "accounts" / (net::host_port(server) + server.path);
  const core::Path aside = core::Path(accounts.string() + ".forgotten-by-the-server");
  std::error_code error;
  std::filesystem::remove_all(aside, error);
  std::filesystem::rename(accounts, aside, error);
  if (error)
    return core::fail(Code::io,
                      fmt::format("cannot put {} aside: {}", accounts.string(), error.message()));
  return Repair{
      "the server no longer knows certbot's account, and every run fails",
      fmt::format("the account was put aside as {} and a new one registered", aside.string())};
}

core::Result<std::string> run_task(const CertbotOptions& options, CertbotTask task,
                                   const CertbotPlan& plan, std::vector<Repair>& repairs) {
  if (task == CertbotTask::repair) return std::string();
  Command command = task == CertbotTask::issue ? plan.issue : plan.renew;
  if (task == CertbotTask::force_renewal) command.words.emplace_back("--force-renewal");
  auto output = run_command(command);
  if (output || options.server.empty() || plan.issue.words.empty() ||
      !knows_no_account(output.error()))
    return output;
  repairs.push_back(WXSEC_TRY(put_account_aside(options)));
  command = plan.issue;
  if (task != CertbotTask::issue) command.words.emplace_back("--force-renewal");
  return run_command(command);
}

std::optional<HookStatus> status_in(const core::Path& dir, const std::string& name) {
  const auto all = hook_status(dir);
  if (!all) return std::nullopt;
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const HookStatus& status) { return status.name == name; });
  return found == all->end() ? std::nullopt : std::optional(*found);
}

// certbot logs it and exits 0.
bool says_that_a_hook_failed(std::string_view output) {
  return output.find("reported error code") != std::string_view::npos;
}

// What another program's hook did cannot be seen: it is run where certbot said that one failed, and
// where a repair was asked for.
bool was_missed(const StoredHook& hook, const std::string& name, CertbotTask task,
                std::string_view output) {
  if (hook.dir.empty()) return task == CertbotTask::repair || says_that_a_hook_failed(output);
  const auto status = status_in(hook.dir, name);
  return !status || !status->ok;
}

HookStatus status_after(const StoredHook& hook, const std::string& name,
                        const core::Result<void>& done, core::Instant now) {
  auto status = hook.dir.empty() ? std::nullopt : status_in(hook.dir, name);
  if (status && status->ok == done.has_value()) return *status;
  HookStatus made;
  made.name = name;
  made.ok = done.has_value() && (!status || status->ok);
  made.at = now;
  made.what = !done ? done.error().what : status ? status->what : "";
  return made;
}

Repair hook_repair(const StoredHook& hook, const std::string& name) {
  return {
      fmt::format("{} was not in use: its deploy hook failed or was not run, and certbot exits "
                  "0 all the same",
                  name),
      fmt::format("the hook that certbot stored was run once more, and ended well: {}", hook.line)};
}

// The stored hook once more for whatever is not in use; that it fails again is in the statuses.
core::Result<void> run_missed_hook(const core::Path& config, const std::string& name,
                                   CertbotTask task, CertbotOutcome& outcome, core::Instant now) {
  const auto hook = WXSEC_TRY(stored_hook(config, name));
  if (!hook) {
    outcome.hookless.push_back(name);
    return {};
  }
  core::Result<void> done;
  if (was_missed(*hook, name, task, outcome.output)) {
    done = run_stored_hook(*hook, config, name);
    if (done) outcome.repairs.push_back(hook_repair(*hook, name));
  } else if (hook->dir.empty()) {
    return {};
  }
  outcome.statuses.push_back(status_after(*hook, name, done, now));
  return {};
}

// What else lies in the directory of this command's own hook: other clients' lineages.
void add_other_statuses(const core::Path& dir, CertbotOutcome& outcome) {
  const auto others = hook_status(dir);
  if (!others) return;
  for (const HookStatus& other : *others)
    if (std::none_of(outcome.statuses.begin(), outcome.statuses.end(),
                     [&](const HookStatus& status) { return status.name == other.name; }))
      outcome.statuses.push_back(other);
}

core::Result<void> run_missed_hooks(const CertbotOptions& options, CertbotTask task,
                                    CertbotOutcome& outcome, const core::Clock& clock,
                                    const std::stop_token& stop) {
  const core::Path config = options.dirs.config_or_default();
  for (const std::string& name : lineages(config)) {
    if (stop.stop_requested())
      return core::fail(Code::interrupted, "interrupted before all hooks were looked at");
    WXSEC_TRY(run_missed_hook(config, name, task, outcome, clock.now()));
  }
  add_other_statuses(options.hook.dir, outcome);
  return {};
}

std::string hours_before(const pki::Certificate& leaf) {
  const auto due = certs::due_at(leaf, {});
  const auto left = std::chrono::floor<std::chrono::hours>(leaf.not_after - due);
  return fmt::format("{} hours", std::max<long>(1, left.count()));
}

}  // namespace

bool CertbotOutcome::ok() const {
  return std::all_of(statuses.begin(), statuses.end(),
                     [](const HookStatus& status) { return status.ok; });
}

std::string with_renew_before(std::string_view text, std::string_view value) {
  const std::string line = fmt::format("{} = {}\n", kBeforeExpiry, value);
  std::string out;
  bool top = true;  // until the first [section]
  bool there = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view row = text.substr(0, end + 1);
    text.remove_prefix(row.size());
    if (row.starts_with('[') && top) {
      if (!there) out += line;
      top = false;
    }
    const bool ours = top && row.starts_with(kBeforeExpiry);
    out += ours ? (there ? std::string_view() : std::string_view(line)) : row;
    there = there || ours;
  }
  if (top && !there) out += line;
  return out;
}

core::Result<std::vector<Repair>> mend_renewal(const core::Path& config, const std::string& name) {
  const core::Path path = config / "renewal" / (name + ".conf");
  const std::string text = WXSEC_TRY(core::read_file(path, kMaxConf));
  const auto chain = WXSEC_TRY(pki::load_certificates(config / "live" / name / "cert.pem"));
  const bool as_it_should = pki::lifetime(chain.front()) >= kSuitsThirtyDays;
  if (as_it_should && text.find(fmt::format("\n{} =", kBeforeExpiry)) == std::string::npos)
    return std::vector<Repair>();
  const std::string before = hours_before(chain.front());
  const std::string mended = with_renew_before(text, before);
  if (mended == text) return std::vector<Repair>();
  WXSEC_TRY(core::write_file_atomic(path, mended, {0644, {}}));
  return std::vector<Repair>{
      {fmt::format("certbot renews {} when 30 days are left, whatever its lifetime", name),
       fmt::format("{} = {} in {}", kBeforeExpiry, before, path.string())}};
}

core::Result<CertbotOutcome> run_certbot(const CertbotOptions& options, CertbotTask task,
                                         const core::Clock& clock, const std::stop_token& stop) {
  CertbotPlan plan;
  if (!options.domains.empty() || task == CertbotTask::issue)
    plan = WXSEC_TRY(plan_certbot(options));
  plan.renew = certbot_renewal(options);
  CertbotOutcome outcome;
  outcome.output = WXSEC_TRY(run_task(options, task, plan, outcome.repairs));
  const core::Path config = options.dirs.config_or_default();
  for (const std::string& name : lineages(config))
    for (Repair& repair : WXSEC_TRY(mend_renewal(config, name)))
      outcome.repairs.push_back(std::move(repair));
  WXSEC_TRY(run_missed_hooks(options, task, outcome, clock, stop));
  return outcome;
}

}  // namespace wxsec::acme
