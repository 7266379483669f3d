// What certbot 2.1 does, seen in tests, and the answer here:
//
//     a failing deploy hook still exits 0     afterwards every lineage is compared with what is in
//                                             use, and the command fails where they differ
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
#include "src/acme/obtain.h"
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

// 'as it is', for a POSIX shell; plain words stay bare.
std::string shell_quoted(std::string_view word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:=@,+").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_quoted(word);
  return line;
}

core::Path full_path(const core::Path& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored);
}

std::string hook_line(const CertbotOptions& options) {
  std::vector<std::string> words{options.program.string(),
                                 "certs",
                                 "acme",
                                 "hook",
                                 "--dir",
                                 full_path(options.hook.dir).string()};
  if (!options.hook.group.empty()) words.insert(words.end(), {"--group", options.hook.group});
  for (const std::string& how : options.hook.reloads) words.insert(words.end(), {"--reload", how});
  for (const std::string& where : options.hook.verifies)
    words.insert(words.end(), {"--verify", where});
  return shell_line(words);
}

void add_dirs(std::vector<std::string>& words, const CertbotDirs& dirs) {
  const auto add = [&](const char* option, const core::Path& path) {
    if (!path.empty()) words.insert(words.end(), {option, full_path(path).string()});
  };
  add("--config-dir", dirs.config);
  add("--work-dir", dirs.work);
  add("--logs-dir", dirs.logs);
}

void add_proof(std::vector<std::string>& words, const CertbotOptions& options) {
  if (!options.webroot.empty()) {
    words.insert(words.end(), {"--webroot", "--webroot-path", full_path(options.webroot).string()});
    return;
  }
  words.emplace_back("--standalone");
  if (options.http_port != 80)
    words.insert(words.end(), {"--http-01-port", std::to_string(options.http_port)});
  if (!options.http_address.empty())
    words.insert(words.end(), {"--http-01-address", options.http_address});
}

Command issue_command(const CertbotOptions& options, const CertbotPlan& plan) {
  Command command;
  command.words = {"certbot", "certonly", "--non-interactive"};
  add_proof(command.words, options);
  if (!options.server.empty())
    command.words.insert(command.words.end(), {"--server", options.server});
  for (const std::string& domain : options.domains)
    command.words.insert(command.words.end(), {"--domain", domain});
  command.words.insert(command.words.end(),
                       {"--cert-name", plan.name, "--key-type", options.key_type});
  if (options.agree_to_terms) command.words.emplace_back("--agree-tos");
  if (options.email.empty()) {
    command.words.emplace_back("--register-unsafely-without-email");
  } else {
    command.words.insert(command.words.end(), {"--email", options.email});
  }
  command.words.insert(command.words.end(), {"--deploy-hook", plan.hook});
  add_dirs(command.words, options.dirs);
  return command;
}

Command renew_command(const CertbotOptions& options) {
  Command command;
  command.words = {"certbot", "renew", "--non-interactive", "--no-random-sleep-on-renew"};
  add_dirs(command.words, options.dirs);
  return command;
}

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
  if (output || options.server.empty() || !knows_no_account(output.error())) return output;
  repairs.push_back(WXSEC_TRY(put_account_aside(options)));
  command = plan.issue;
  if (task != CertbotTask::issue) command.words.emplace_back("--force-renewal");
  return run_command(command);
}

bool in_use(const std::vector<HookStatus>& statuses, const std::string& name) {
  return std::any_of(statuses.begin(), statuses.end(),
                     [&](const HookStatus& status) { return status.name == name && status.ok; });
}

// The hook once more for whatever is not in use; its second failure is in the statuses.
core::Result<void> run_missed_hooks(const CertbotOptions& options, CertbotOutcome& outcome,
                                    const core::Clock& clock, const std::stop_token& stop) {
  const core::Path config = options.dirs.config_or_default();
  const auto before = hook_status(options.hook.dir);
  for (const std::string& name : lineages(config)) {
    if (before && in_use(*before, name)) continue;
    HookOptions hook = options.hook;
    hook.lineage = config / "live" / name;
    const auto done = run_hook(hook, clock, stop);
    if (done)
      outcome.repairs.push_back({fmt::format("{} was not in use: its deploy hook failed or was not "
                                             "run, and certbot exits 0 all the same",
                                             name),
                                 "the hook was run once more, and it is served now"});
  }
  outcome.statuses = WXSEC_TRY(hook_status(options.hook.dir));
  return {};
}

std::string hours_before(const pki::Certificate& leaf) {
  const auto due = certs::due_at(leaf, {});
  const auto left = std::chrono::floor<std::chrono::hours>(leaf.not_after - due);
  return fmt::format("{} hours", std::max<long>(1, left.count()));
}

}  // namespace

core::Path CertbotDirs::config_or_default() const {
  return config.empty() ? core::Path("/etc/letsencrypt") : full_path(config);
}

std::string Command::shell() const {
  std::string line;
  for (const auto& [name, value] : environment) line += name + "=" + shell_quoted(value) + " ";
  return line + shell_line(words);
}

bool CertbotOutcome::ok() const {
  return std::all_of(statuses.begin(), statuses.end(),
                     [](const HookStatus& status) { return status.ok; });
}

core::Result<CertbotPlan> plan_certbot(const CertbotOptions& options) {
  const Names names = WXSEC_TRY(usual_names("", options.domains));
  const std::string program = options.program.string();
  if (program.find_first_of(" '\"") != std::string::npos)
    return core::fail(Code::usage, fmt::format("certbot cannot call '{}'", program),
                      "install wxsec where the path has no space in it");
  CertbotOptions usual = options;
  usual.domains = names.domains;
  CertbotPlan plan;
  plan.name = names.identity;
  plan.hook = hook_line(usual);
  plan.issue = issue_command(usual, plan);
  plan.renew = renew_command(usual);
  plan.rehearse = plan.renew;
  plan.rehearse.words.emplace_back("--dry-run");
  if (!usual.server.empty())
    plan.rehearse.words.insert(plan.rehearse.words.end(), {"--server", usual.server});
  if (!usual.ca_file.empty())
    for (Command* command : {&plan.issue, &plan.renew, &plan.rehearse})
      command->environment["REQUESTS_CA_BUNDLE"] = full_path(usual.ca_file).string();
  return plan;
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
  if (task == CertbotTask::issue || !options.domains.empty())
    plan = WXSEC_TRY(plan_certbot(options));
  else
    plan.renew = renew_command(options);
  if (plan.renew.environment.empty() && !options.ca_file.empty())
    plan.renew.environment["REQUESTS_CA_BUNDLE"] = full_path(options.ca_file).string();
  CertbotOutcome outcome;
  outcome.output = WXSEC_TRY(run_task(options, task, plan, outcome.repairs));
  const core::Path config = options.dirs.config_or_default();
  for (const std::string& name : lineages(config))
    for (Repair& repair : WXSEC_TRY(mend_renewal(config, name)))
      outcome.repairs.push_back(std::move(repair));
  WXSEC_TRY(run_missed_hooks(options, outcome, clock, stop));
  return outcome;
}

}  // namespace wxsec::acme
