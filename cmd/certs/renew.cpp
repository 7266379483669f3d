#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/ca_passphrase.h"
#include "cmd/certs/certs.h"
#include "cmd/certs/services.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/renew/renew.h"

namespace wxsec::cmd {
namespace {

using certs::RenewState;
using nlohmann::ordered_json;

struct Words {
  std::vector<std::string> names;
  std::string dir = "certs";
  std::string within;
  std::string lifetime;
  std::string jitter = "0s";
  ServiceWords services;
  PassphraseWords passphrase;
  bool all = false;
  bool force = false;
  bool dry_run = false;
  bool keep_key = false;
};

core::Result<certs::RenewReport> run(const Words& words, const Context& context) {
  certs::RenewOptions options;
  options.dir = words.dir;
  options.names = words.names;
  options.force = words.force;
  options.dry_run = words.dry_run;
  options.new_key = !words.keep_key;
  if (words.all && !words.names.empty())
    return core::fail(core::Code::usage, "--all and names exclude each other");
  if (!words.within.empty()) options.due.within = WXSEC_TRY(certs::parse_threshold(words.within));
  if (!words.lifetime.empty()) options.lifetime = WXSEC_TRY(core::parse_duration(words.lifetime));
  options.due.jitter = WXSEC_TRY(core::parse_duration(words.jitter));
  Services services = WXSEC_TRY(services_of(words.services));
  options.services = std::move(services.list);
  options.verify_within = services.verify_within;
  if (!words.dry_run)
    options.ca_passphrase = WXSEC_TRY(ca_passphrase(words.passphrase, words.dir, context));
  options.on_step = [&context](std::string_view name, certs::DeployStep step,
                               std::string_view detail) {
    if (context.verbosity > 0 || step >= certs::DeployStep::reloaded)
      context.note(fmt::format("{}: {} {}", name, certs::deploy_step_text(step), detail));
  };
  return certs::renew(options, context.clock, context.stop.token());
}

ordered_json to_json(const certs::RenewReport& report) {
  ordered_json items = ordered_json::array();
  for (const certs::RenewItem& item : report.items) {
    ordered_json row{{"name", item.name},
                     {"state", certs::renew_state_text(item.state)},
                     {"old_serial", item.old_serial},
                     {"new_serial", item.new_serial},
                     {"not_after", core::rfc3339(item.not_after)},
                     {"due", core::rfc3339(item.due)},
                     {"untold", item.untold}};
    if (item.error) row["error"] = {{"what", item.error->what}, {"hint", item.error->hint}};
    items.push_back(std::move(row));
  }
  ordered_json json{{"ok", report.ok()},
                    {"crl_refreshed", report.crl_refreshed},
                    {"crl_told_again", report.crl_told_again},
                    {"identities", items}};
  if (report.crl_error)
    json["crl_error"] = {{"what", report.crl_error->what}, {"hint", report.crl_error->hint}};
  return json;
}

std::string mark(RenewState state, const term::Style& style) {
  const std::string_view text = certs::renew_state_text(state);
  switch (state) {
    case RenewState::not_due: return style.dim(text);
    case RenewState::renewed: return style.good(text);
    case RenewState::revoked:
    case RenewState::foreign:
    case RenewState::would_renew: return style.doubt(text);
    default: return style.bad(text);
  }
}

// Nothing where there is no certificate to tell it of.
std::string moment(const certs::RenewItem& item, core::Instant at) {
  return item.old_serial.empty() ? "" : core::rfc3339(at);
}

constexpr std::size_t kShownQuiet = 40;

std::string render(const certs::RenewReport& report, const term::Style& style) {
  term::Table table({"STATE", "IDENTITY", "UNTIL", "DUE FROM", "SERIAL"});
  std::size_t renewed = 0;
  std::size_t would = 0;  // of a dry run
  std::size_t revoked = 0;
  for (const certs::RenewItem& item : report.items) {
    if (item.state == RenewState::renewed) ++renewed;
    if (item.state == RenewState::would_renew) ++would;
    if (item.state == RenewState::revoked) ++revoked;
    if (report.items.size() > kShownQuiet && !item.error) continue;
    table.row({mark(item.state, style), core::escape_terminal(item.name),
               moment(item, item.not_after), moment(item, item.due),
               item.state == RenewState::renewed ? item.new_serial : item.old_serial});
  }
  std::string text = table.empty() ? "" : table.render(style) + "\n";
  if (revoked > 0)
    text += fmt::format(
        "{} passed over: revoked, and a renewal lets nobody in again ('wxsec certs issue --replace "
        "NAME' makes a new key)\n",
        revoked);
  if (would > 0)
    return text + fmt::format("{} of {} would be renewed\n", would, report.items.size());
  text += fmt::format("{} of {} renewed{}\n", renewed, report.items.size(),
                      report.crl_refreshed ? "; the revocation list too" : "");
  if (report.crl_told_again)
    text += "all were told of the revocation list, which not everybody had heard of before\n";
  return text;
}

void add_options(CLI::App& app, Words& words) {
  app.add_option("names", words.names, "identities; default: all that are due");
  add_dir(app, words.dir);
  app.add_flag("--all", words.all, "all identities (the default without names)");
  app.add_flag("--force", words.force, "due or not");
  app.add_flag("--dry-run", words.dry_run, "say what would be done; touches nothing, asks nobody");
  app.add_flag("--keep-key", words.keep_key, "certify the same key again, for pinned keys");
  app.add_option("--within", words.within, "due when this much is left: 30d, 12h or 33%")
      ->type_name("LEFT");
  app.add_option("--lifetime", words.lifetime, "of the new ones; default as long as the old")
      ->type_name("SPAN");
  app.add_option("--jitter", words.jitter,
                 "each waits for its own share of this, so that a fleet does not come all at once")
      ->default_str("0s")
      ->type_name("SPAN");
  add_services(app, words.services,
               "NAME=mqtts://HOST:PORT: must serve the new serial, else it is rolled back; "
               "repeatable",
               "5s");
  add_ca_passphrase(app, words.passphrase);
}

// A certificate on the disk is not yet one on the wire.
void warn_of_untold(const certs::RenewReport& report, const Context& context) {
  std::string names;
  for (const certs::RenewItem& item : report.items)
    if (item.untold) names += (names.empty() ? "" : ", ") + item.name;
  if (names.empty()) return;
  context.warn(fmt::format(
      "nobody was told: what runs still serves the old certificate of {}; tell it with --reload "
      "NAME=pid:N and look with --verify NAME=URL",
      names));
}

Exit finish(const certs::RenewReport& report, const Context& context) {
  context.print(context.json ? json_text(to_json(report)) : render(report, context.out));
  for (const certs::RenewItem& item : report.items)
    if (item.error) context.error(core::with_context(*item.error, item.name));
  if (report.crl_error) context.error(*report.crl_error);
  warn_of_untold(report, context);
  return report.ok() ? Exit::fine : Exit::findings;
}

}  // namespace

void add_certs_renew(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "renew",
      "renew what is due, reload who uses it, verify what is served, roll back if need be");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs renew --dry-run", "wxsec certs renew --all --force",
                   "wxsec certs renew --dir certs operator --lifetime 30d --force"},
                  "0 fine, also when nothing was due; 1 something failed or was rolled back, or is "
                  "due and another authority's, or a revoked one was named; "
                  "2 usage; 3 no authority, busy, no permission");
  on_run(*app, context, [&context, words] {
    const auto report = run(*words, context);
    return report ? finish(*report, context) : context.failed(report.error());
  });
}

}  // namespace wxsec::cmd
