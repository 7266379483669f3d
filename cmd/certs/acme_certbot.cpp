#include <fmt/format.h>

#include <memory>

#include "cmd/certs/acme.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "src/acme/certbot.h"

namespace wxsec::cmd {
namespace {

using acme::CertbotTask;
using nlohmann::ordered_json;

struct Words {
  HookWords hook;
  std::vector<std::string> domains;
  std::string server;
  bool staging = false;
  std::string ca_file;
  bool standalone = false;
  std::string webroot;
  int http_port = 80;
  std::string http_address;
  std::string email;
  bool agree = false;
  std::string config_dir;
  std::string work_dir;
  std::string logs_dir;
  bool apply = false;
  bool renew = false;
  bool force = false;
  bool repair = false;
};

// The binary that certbot is to call: this one.
core::Path own_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored);
}

core::Result<acme::CertbotOptions> options_of(const Words& words, const Context& context) {
  if (words.standalone && !words.webroot.empty())
    return core::fail(core::Code::usage, "--standalone and --webroot exclude each other");
  if (words.staging && !words.server.empty())
    return core::fail(core::Code::usage, "--staging and --server exclude each other");
  acme::CertbotOptions options;
  options.domains = words.domains;
  options.server = words.staging ? acme::kStaging : words.server;
  options.ca_file = words.ca_file;
  options.webroot = words.webroot;
  options.http_port = static_cast<std::uint16_t>(words.http_port);
  options.http_address = words.http_address;
  options.email = words.email;
  options.agree_to_terms = words.agree;
  options.dirs = {words.config_dir, words.work_dir, words.logs_dir};
  options.program = own_program();
  options.hook = WXSEC_TRY(hook_options(words.hook, context));
  return options;
}

ordered_json to_json(const acme::CertbotPlan& plan) {
  return {{"name", plan.name},
          {"issue", plan.issue.shell()},
          {"hook", plan.hook},
          {"renew", plan.renew.shell()},
          {"rehearse", plan.rehearse.shell()},
          {"attend", plan.attend.shell()},
          {"status", plan.status.shell()}};
}

std::string render(const acme::CertbotPlan& plan, const Words& words, const term::Style& style) {
  const std::string pair = fmt::format("{}/{}/current", words.hook.dir, plan.name);
  std::string text;
  const auto part = [&](std::string_view title, const std::string& body) {
    text += style.bold(title) + "\n    " + core::escape_terminal(body) + "\n\n";
  };
  part("Once, as root; certbot remembers the hook for its renewals:", plan.issue.shell());
  part("certbot then calls after the first issue and each renewal:", plan.hook);
  part("Renewal (Debian's certbot.timer does it twice a day); noticing a failed hook as well:",
       plan.attend.shell());
  part("Rehearse, at the server that issued and not at any other:", plan.rehearse.shell());
  part("A cron job that tells when a hook has failed (certbot exits 0):", plan.status.shell());
  text += style.bold("For the services") + "\n";
  text += fmt::format(
      "    mosquitto.conf  certfile {0}/fullchain.pem\n"
      "                    keyfile  {0}/privkey.pem\n"
      "    API             wxsec api serve --server-cert {0}/fullchain.pem "
      "--server-key {0}/privkey.pem\n\n",
      core::escape_terminal(pair));
  return text + style.dim("Nothing was done so far; --apply runs the first command.") + "\n";
}

Exit show_plan(const acme::CertbotOptions& options, const Words& words, const Context& context) {
  const auto plan = acme::plan_certbot(options);
  if (!plan) return context.failed(plan.error());
  context.print(context.json ? json_text(to_json(*plan)) : render(*plan, words, context.out));
  return Exit::fine;
}

ordered_json to_json(const acme::CertbotOutcome& outcome) {
  ordered_json repairs = ordered_json::array();
  for (const acme::Repair& repair : outcome.repairs)
    repairs.push_back({{"trap", repair.trap}, {"done", repair.done}});
  ordered_json statuses = ordered_json::array();
  for (const acme::HookStatus& status : outcome.statuses)
    statuses.push_back(hook_status_json(status));
  return {{"ok", outcome.ok()},
          {"repairs", repairs},
          {"identities", statuses},
          {"without_hook", outcome.hookless}};
}

std::string render(const acme::CertbotOutcome& outcome, const term::Style& style) {
  std::string text;
  for (const acme::Repair& repair : outcome.repairs)
    text += fmt::format("{}: {}\n         {}\n", style.doubt("mended"),
                        core::escape_terminal(repair.trap), core::escape_terminal(repair.done));
  return text + hook_status_text(outcome.statuses, style);
}

Exit run(const acme::CertbotOptions& options, const Words& words, const Context& context) {
  const CertbotTask task = words.repair  ? CertbotTask::repair
                           : words.apply ? CertbotTask::issue
                           : words.force ? CertbotTask::force_renewal
                                         : CertbotTask::renew;
  const auto outcome = acme::run_certbot(options, task, context.clock, context.stop.token());
  if (!outcome) return context.failed(outcome.error());
  context.print(context.json ? json_text(to_json(*outcome)) : render(*outcome, context.out));
  for (const acme::HookStatus& status : outcome->statuses)
    if (!status.ok)
      context.error(
          core::with_context({core::Code::child_failed, status.what,
                              "mend it, then: " + acme::own_command(options, "--repair").shell()},
                             status.name));
  for (const std::string& name : outcome->hookless)
    context.note(name +
                 " has no deploy hook: nobody is told of its renewals; 'wxsec certs acme "
                 "certbot --domain NAME --apply' stores one");
  return outcome->ok() ? Exit::fine : Exit::findings;
}

void add_certbot_options(CLI::App& app, Words& words) {
  app.add_option("--domain,-d", words.domains, "DNS name; repeatable, the first names the lineage")
      ->type_name("NAME");
  app.add_option("--server", words.server, "ACME directory; default: Let's Encrypt")
      ->type_name("URL");
  app.add_flag("--staging", words.staging, "Let's Encrypt's server to practise with");
  app.add_option("--ca-file", words.ca_file, "who vouches for the ACME server itself")
      ->type_name("FILE");
  app.add_flag("--standalone", words.standalone,
               "certbot answers on the port itself (the default)");
  app.add_option("--webroot", words.webroot, "a web server shows this directory")->type_name("DIR");
  app.add_option("--http-port", words.http_port, "where certbot listens")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str()
      ->type_name("PORT");
  app.add_option("--http-address", words.http_address, "and at which address")->type_name("ADDR");
  app.add_option("--email", words.email, "for the account")->type_name("EMAIL");
  app.add_flag("--agree-tos", words.agree, "agree to the authority's terms of service");
  app.add_option("--config-dir", words.config_dir, "certbot's; default /etc/letsencrypt")
      ->type_name("DIR");
  app.add_option("--work-dir", words.work_dir, "certbot's; default /var/lib/letsencrypt")
      ->type_name("DIR");
  app.add_option("--logs-dir", words.logs_dir, "certbot's; default /var/log/letsencrypt")
      ->type_name("DIR");
}

}  // namespace

void add_acme_certbot(CLI::App& acme, Context& context) {
  CLI::App* const app = acme.add_subcommand(
      "certbot",
      "set certbot up for broker and API, renew with it, and mend what certbot 2.1 misses");
  const auto words = std::make_shared<Words>();
  add_certbot_options(*app, *words);
  add_hook_options(*app, words->hook);
  CLI::Option* const apply =
      app->add_flag("--apply", words->apply, "run certbot now; without it the plan is shown");
  CLI::Option* const renew = app->add_flag(
      "--renew", words->renew, "run certbot renew, mend, and fail where a hook has failed");
  app->add_flag("--force", words->force, "with --renew: due or not")->needs(renew);
  CLI::Option* const repair =
      app->add_flag("--repair", words->repair, "mend, and run the hooks that were missed");
  apply->excludes(renew)->excludes(repair);
  renew->excludes(repair);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs acme certbot --domain broker.example.org --group mosquitto --reload "
       "unit:mosquitto --verify mqtts://localhost:8883",
       "wxsec certs acme certbot --domain api.example.org --webroot /var/www/html --json",
       "wxsec certs acme certbot --domain broker.wx.test --server "
       "https://localhost:14000/dir --ca-file pebble.pem --http-port 5002 --dir certs "
       "--config-dir cb/etc --work-dir cb/var --logs-dir cb/log --agree-tos --apply"},
      "0 the plan, or all that certbot has is in use; 1 a hook failed: what certbot has "
      "is not in use; 2 usage; 3 certbot failed or is missing");
  on_run(*app, context, [&context, words] {
    const bool act = words->apply || words->renew || words->repair;
    const auto options = options_of(*words, context);
    if (!options) return context.failed(options.error());
    return act ? run(*options, *words, context) : show_plan(*options, *words, context);
  });
}

}  // namespace wxsec::cmd
