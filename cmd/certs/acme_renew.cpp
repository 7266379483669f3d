#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/acme.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/acme/renew.h"

namespace wxsec::cmd {
namespace {

using acme::RenewState;
using nlohmann::ordered_json;

struct Words {
  AcmeRunWords run;
  std::vector<std::string> names;
  std::string within;
  std::string ca_file;
  bool dry_run = false;
};

core::Result<acme::RenewReport> run(const Words& words, const Context& context) {
  acme::RenewOptions options;
  options.run = WXSEC_TRY(acme_run(words.run, context));
  options.names = words.names;
  options.dry_run = words.dry_run;
  options.ca_file = words.ca_file;
  if (!words.within.empty()) options.within = WXSEC_TRY(certs::parse_threshold(words.within));
  return acme::renew(options, context.clock, context.stop.token());
}

// Nothing where there is no certificate to tell it of.
std::string moment(const acme::RenewItem& item, core::Instant at) {
  return item.old_serial.empty() ? "" : core::rfc3339(at);
}

ordered_json to_json(const acme::RenewReport& report) {
  ordered_json items = ordered_json::array();
  for (const acme::RenewItem& item : report.items) {
    ordered_json row{{"name", item.name},
                     {"state", acme::renew_state_text(item.state)},
                     {"old_serial", item.old_serial},
                     {"new_serial", item.new_serial},
                     {"not_after", moment(item, item.not_after)},
                     {"due", moment(item, item.due)}};
    if (item.window)
      row["suggested_window"] = {{"start", core::rfc3339(item.window->start)},
                                 {"end", core::rfc3339(item.window->end)},
                                 {"explanation_url", item.window->explanation_url}};
    if (item.error) row["error"] = {{"what", item.error->what}, {"hint", item.error->hint}};
    items.push_back(std::move(row));
  }
  return {{"ok", report.ok()}, {"identities", items}};
}

std::string mark(RenewState state, const term::Style& style) {
  const std::string_view text = acme::renew_state_text(state);
  switch (state) {
    case RenewState::not_due: return style.dim(text);
    case RenewState::renewed: return style.good(text);
    case RenewState::would_renew: return style.doubt(text);
    default: return style.bad(text);
  }
}

std::string render(const acme::RenewReport& report, const term::Style& style) {
  if (report.items.empty())
    return "nothing here came from an ACME server; 'wxsec certs acme obtain' makes the first\n";
  term::Table table({"STATE", "IDENTITY", "UNTIL", "DUE FROM", "SERIAL"});
  std::size_t renewed = 0;
  for (const acme::RenewItem& item : report.items) {
    if (item.state == RenewState::renewed) ++renewed;
    table.row({mark(item.state, style), core::escape_terminal(item.name),
               moment(item, item.not_after), moment(item, item.due),
               item.new_serial.empty() ? item.old_serial : item.new_serial});
  }
  std::string text = table.render(style) + "\n";
  for (const acme::RenewItem& item : report.items)
    if (item.window && !item.window->explanation_url.empty())
      text += fmt::format("{}: the authority explains its wish at {}\n",
                          core::escape_terminal(item.name),
                          core::escape_terminal(item.window->explanation_url));
  return text + fmt::format("{} of {} renewed\n", renewed, report.items.size());
}

void add_options(CLI::App& app, Words& words) {
  app.add_option("names", words.names, "identities; default: all from ACME servers that are due");
  add_acme_run(app, words.run);
  app.add_flag("--force", words.run.force, "due or not");
  app.add_flag("--dry-run", words.dry_run, "say what would be done; touches nothing, asks nobody");
  app.add_option("--within", words.within, "due when this much is left: 30d, 12h or 33%")
      ->type_name("LEFT");
  app.add_option("--ca-file", words.ca_file,
                 "who vouches for the ACME server; default: as when it was obtained")
      ->type_name("FILE");
}

Exit finish(const acme::RenewReport& report, const Context& context) {
  context.print(context.json ? json_text(to_json(report)) : render(report, context.out));
  for (const acme::RenewItem& item : report.items)
    if (item.error) context.error(core::with_context(*item.error, item.name));
  return report.ok() ? Exit::fine : Exit::findings;
}

}  // namespace

void add_acme_renew(CLI::App& acme, Context& context) {
  CLI::App* const app = acme.add_subcommand(
      "renew",
      "renew what came from ACME servers and is due, when they would like it; reload, verify");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs acme renew", "wxsec certs acme renew --dry-run --json",
                   "wxsec certs acme renew broker.wx.test --force"},
                  "0 fine, also when nothing was due; 1 something failed or was rolled back; "
                  "2 usage; 3 no such directory, or another run under way");
  on_run(*app, context, [&context, words] {
    const auto report = run(*words, context);
    return report ? finish(*report, context) : context.failed(report.error());
  });
}

}  // namespace wxsec::cmd
