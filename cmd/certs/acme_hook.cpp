#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "cmd/certs/acme.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  HookWords hook;
  std::string lineage;
  bool status = false;
};

Exit show_status(const Words& words, const Context& context) {
  const auto statuses = acme::hook_status(words.hook.dir);
  if (!statuses) return context.failed(statuses.error());
  bool ok = !statuses->empty();
  ordered_json list = ordered_json::array();
  for (const acme::HookStatus& status : *statuses) {
    ok = ok && status.ok;
    list.push_back(hook_status_json(status));
  }
  context.print(context.json ? json_text(ordered_json{{"ok", ok}, {"identities", list}})
                             : hook_status_text(*statuses, context.out));
  return ok ? Exit::fine : Exit::findings;
}

// certbot itself only logs that a hook failed; the journal and --status must tell.
Exit deploy(const Words& words, const Context& context) {
  auto options = hook_options(words.hook, context);
  if (!options) return context.failed(options.error());
  const char* const renewed = std::getenv("RENEWED_LINEAGE");
  options->lineage = !words.lineage.empty() ? words.lineage : renewed == nullptr ? "" : renewed;
  const auto done = acme::run_hook(*options, context.clock, context.stop.token());
  if (!done) {
    const Exit code = context.failed(done.error());
    return code == Exit::usage ? code : Exit::findings;
  }
  context.print(context.json ? json_text(hook_status_json(*done))
                             : hook_status_text({*done}, context.out));
  return Exit::fine;
}

}  // namespace

void add_hook_options(CLI::App& app, HookWords& words) {
  app.add_option("--dir", words.dir, "where the pair goes: DIR/NAME/current")
      ->capture_default_str()
      ->type_name("DIR");
  app.add_option("--group", words.group, "group that may read the private key (0640)")
      ->type_name("GROUP");
  app.add_option("--reload", words.reloads,
                 "pid:N, pidfile:PATH, unit:UNIT or command:PROGRAM; repeatable")
      ->type_name("HOW");
  app.add_option("--verify", words.verifies,
                 "mqtts://HOST:PORT: must serve the new serial, else it is rolled back; repeatable")
      ->type_name("WHERE");
  app.add_option("--verify-within", words.verify_within, "how long a service may take")
      ->default_str("5s")
      ->type_name("SPAN");
}

core::Result<acme::HookOptions> hook_options(const HookWords& words, const Context& context) {
  acme::HookOptions options;
  options.dir = words.dir;
  options.group = words.group;
  options.reloads = words.reloads;
  options.verifies = words.verifies;
  options.verify_within = WXSEC_TRY(core::parse_duration(words.verify_within));
  options.on_step = [&context](certs::DeployStep step, std::string_view detail) {
    if (context.verbosity > 0 || step >= certs::DeployStep::reloaded)
      context.note(fmt::format("{} {}", certs::deploy_step_text(step), detail));
  };
  return options;
}

ordered_json hook_status_json(const acme::HookStatus& status) {
  return {{"name", status.name},
          {"ok", status.ok},
          {"serial", status.serial},
          {"lineage", status.lineage.string()},
          {"at", core::rfc3339(status.at)},
          {"what", status.what}};
}

std::string hook_status_text(const std::vector<acme::HookStatus>& statuses,
                             const term::Style& style) {
  if (statuses.empty()) return "no deploy hook has run here so far\n";
  term::Table table({"STATE", "IDENTITY", "SERIAL", "AT"});
  for (const acme::HookStatus& status : statuses)
    table.row({status.ok ? style.good("in use") : style.bad("failed"),
               core::escape_terminal(status.name), status.serial, core::rfc3339(status.at)});
  std::string text = table.render(style);
  for (const acme::HookStatus& status : statuses)
    if (!status.ok)
      text += fmt::format("{}: {}\n", core::escape_terminal(status.name),
                          core::escape_terminal(status.what));
  return text;
}

void add_acme_hook(CLI::App& acme, Context& context) {
  CLI::App* const app = acme.add_subcommand(
      "hook",
      "certbot's deploy hook: copy, check, swap, reload, verify what is served; or fail loudly");
  const auto words = std::make_shared<Words>();
  add_hook_options(*app, words->hook);
  app->add_option("--lineage", words->lineage, "default: $RENEWED_LINEAGE, as certbot sets it")
      ->type_name("DIR");
  app->add_flag("--status", words->status,
                "how the last runs ended, and whether certbot has something newer");
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs acme hook --dir certs --lineage live/broker.wx.test",
       "RENEWED_LINEAGE=$PWD/live/broker.wx.test wxsec certs acme hook --dir certs --json",
       "wxsec certs acme hook --dir certs --status"},
      "0 deployed and served, or all are in use (--status); 1 not deployed, the old pair "
      "is back; 2 usage; 3 no such directory (--status)");
  on_run(*app, context, [&context, words] {
    return words->status ? show_status(*words, context) : deploy(*words, context);
  });
}

}  // namespace wxsec::cmd
