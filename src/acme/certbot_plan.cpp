// The words of certbot's commands. What certbot stores and calls later is a line for a shell, so
// every word that is not plain is quoted.
#include "src/acme/certbot.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/acme/obtain.h"
#include "src/renew/reload.h"

namespace wxsec::acme {
namespace {

using core::Code;

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

void add_hook(std::vector<std::string>& words, const HookOptions& hook) {
  words.insert(words.end(), {"--dir", full_path(hook.dir).string()});
  if (!hook.group.empty()) words.insert(words.end(), {"--group", hook.group});
  for (const std::string& how : hook.reloads) words.insert(words.end(), {"--reload", how});
  for (const std::string& where : hook.verifies) words.insert(words.end(), {"--verify", where});
  if (hook.verify_within != HookOptions{}.verify_within)
    words.insert(words.end(), {"--verify-within", fmt::format("{}ms", hook.verify_within.count())});
}

std::string hook_line(const CertbotOptions& options) {
  std::vector<std::string> words{options.program.string(), "certs", "acme", "hook"};
  add_hook(words, options.hook);
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

}  // namespace

core::Path CertbotDirs::config_or_default() const {
  return config.empty() ? core::Path("/etc/letsencrypt") : full_path(config);
}

std::string Command::shell() const {
  std::string line;
  for (const auto& [name, value] : environment) line += name + "=" + shell_quoted(value) + " ";
  return line + shell_line(words);
}

Command certbot_renewal(const CertbotOptions& options) {
  Command command;
  command.words = {"certbot", "renew", "--non-interactive", "--no-random-sleep-on-renew"};
  add_dirs(command.words, options.dirs);
  if (!options.ca_file.empty())
    command.environment["REQUESTS_CA_BUNDLE"] = full_path(options.ca_file).string();
  return command;
}

Command own_command(const CertbotOptions& options, const std::string& task) {
  Command command;
  command.words = {"wxsec", "certs", "acme", "certbot", task};
  add_hook(command.words, options.hook);
  add_dirs(command.words, options.dirs);
  if (!options.server.empty())
    command.words.insert(command.words.end(), {"--server", options.server});
  if (!options.ca_file.empty())
    command.words.insert(command.words.end(), {"--ca-file", full_path(options.ca_file).string()});
  return command;
}

core::Result<CertbotPlan> plan_certbot(const CertbotOptions& options) {
  const Names names = WXSEC_TRY(usual_names("", options.domains));
  const std::string program = options.program.string();
  if (program.find_first_of(" '\"") != std::string::npos)
    return core::fail(Code::usage, fmt::format("certbot cannot call '{}'", program),
                      "install wxsec where the path has no space in it");
  CertbotOptions usual = options;
  usual.domains = names.domains;
  for (std::string& how : usual.hook.reloads) how = WXSEC_TRY(certs::from_anywhere(how));
  CertbotPlan plan;
  plan.name = names.identity;
  plan.hook = hook_line(usual);
  plan.issue = issue_command(usual, plan);
  plan.renew = certbot_renewal(usual);
  plan.rehearse = plan.renew;
  plan.rehearse.words.emplace_back("--dry-run");
  if (!usual.server.empty())
    plan.rehearse.words.insert(plan.rehearse.words.end(), {"--server", usual.server});
  plan.issue.environment = plan.renew.environment;
  plan.rehearse.environment = plan.renew.environment;
  plan.attend = own_command(usual, "--renew");
  plan.status.words = {
      "wxsec", "certs", "acme", "hook", "--status", "--dir", full_path(usual.hook.dir).string()};
  return plan;
}

}  // namespace wxsec::acme
