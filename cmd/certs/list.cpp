#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/look/list.h"

namespace wxsec::cmd {
namespace {

using certs::CheckState;
using nlohmann::ordered_json;

struct Words {
  std::vector<std::string> names;
  std::string dir = "certs";
  std::string profile;
  std::string state;
  std::string within;
  std::string sort = "layout";
};

core::Result<certs::ListReport> run(const Words& words, const Context& context) {
  certs::ListOptions options;
  options.dir = words.dir;
  options.names = words.names;
  options.profile = words.profile;
  if (!words.state.empty()) options.state = WXSEC_TRY(certs::parse_check_state(words.state));
  if (!words.within.empty()) options.within = WXSEC_TRY(certs::parse_threshold(words.within));
  if (words.sort == "name") options.order = certs::ListOrder::name;
  if (words.sort == "left") options.order = certs::ListOrder::days_left;
  return certs::list_identities(options, context.clock);
}

ordered_json to_json(const certs::ListReport& report) {
  ordered_json identities = ordered_json::array();
  for (const certs::ListedIdentity& one : report.identities)
    identities.push_back(
        {{"name", one.name},
         {"profile", one.profile},
         {"serial", one.serial},
         {"generation", one.generation},
         {"state", certs::check_state_text(one.state)},
         {"days_left", one.days_left ? ordered_json(*one.days_left) : ordered_json(nullptr)},
         {"not_after",
          one.not_after ? ordered_json(core::rfc3339(*one.not_after)) : ordered_json(nullptr)},
         {"key", one.key},
         {"recorded", one.recorded},
         {"sentence", one.sentence}});
  ordered_json closed = ordered_json::array();
  for (const certs::ClosedFolder& one : report.closed) closed.push_back(one.path.string());
  return {{"identities", identities},
          {"ledger", report.has_ledger},
          {"missing", report.missing},
          {"closed", closed}};
}

std::string mark(CheckState state, const term::Style& style) {
  const std::string_view text = certs::check_state_text(state);
  if (state == CheckState::fine) return style.good(text);
  return state == CheckState::due ? style.doubt(text) : style.bad(text);
}

// Enough of a serial to find it again.
std::string short_serial(const std::string& serial) {
  return serial.size() > 16 ? serial.substr(0, 16) + "..." : serial;
}

std::string notes(const certs::ListReport& report, const Words& words, const term::Style& style) {
  std::size_t unrecorded = 0;
  for (const certs::ListedIdentity& one : report.identities) unrecorded += one.recorded ? 0U : 1U;
  std::string text;
  if (report.has_ledger && unrecorded > 0)
    text += fmt::format(
        "{} {} not in the ledger: from another authority, imported, or of an older wxsec\n",
        style.cyan("note:"), unrecorded);
  for (const certs::ClosedFolder& one : report.closed)
    text += fmt::format("{} {}\n", style.doubt("note:"), core::escape_terminal(one.error.what));
  if (report.missing.empty()) return text;
  std::string first = report.missing.front();
  if (report.missing.size() > 1) first += fmt::format(" and {} more", report.missing.size() - 1);
  return text + fmt::format("{} issued by the ledger, but not in use in {}: {}\n",
                            style.doubt("note:"), core::escape_terminal(words.dir),
                            core::escape_terminal(first));
}

// Days, and below two of them what is really left.
std::string left_of(const certs::ListedIdentity& one, core::Instant now) {
  if (!one.days_left || !one.not_after) return "-";
  const auto left = *one.not_after - now;
  if (left.count() <= 0 || left >= std::chrono::days(2)) return fmt::format("{} d", *one.days_left);
  return core::human_duration(left);
}

std::string render(const certs::ListReport& report, const Words& words, core::Instant now,
                   const term::Style& style) {
  term::Table table({"NAME", "PROFILE", "STATE", "LEFT", "KEY", "GEN", "SERIAL"});
  for (const certs::ListedIdentity& one : report.identities)
    table.row({core::escape_terminal(one.name), one.profile.empty() ? "-" : one.profile,
               mark(one.state, style), left_of(one, now), one.key, one.generation,
               short_serial(one.serial)});
  const std::string rows = table.empty() ? "" : table.render(style) + "\n";
  return rows + fmt::format("{} listed\n", report.identities.size()) + notes(report, words, style);
}

void add_list_options(CLI::App& app, Words& words) {
  app.add_option("names", words.names, "these alone; * and ? as in the shell")->type_name("NAME");
  add_dir(app, words.dir);
  app.add_option("--profile", words.profile, "of this profile alone, as the ledger knows it")
      ->type_name("PROFILE");
  app.add_option("--state", words.state, "fine, due, expired, broken or unreadable")
      ->type_name("STATE");
  app.add_option("--within", words.within, "what counts as due: 30d, 12h, or 33% of the lifetime")
      ->type_name("LEFT");
  app.add_option("--sort", words.sort, "layout, name, or left: what ends first, first")
      ->default_str("layout")
      ->check(CLI::IsMember({"layout", "name", "left"}))
      ->type_name("ORDER");
}

}  // namespace

void add_certs_list(CLI::App& certs_app, Context& context) {
  CLI::App* const app =
      certs_app.add_subcommand("list", "the identities of a directory, and how long they last");
  const auto words = std::make_shared<Words>();
  add_list_options(*app, *words);
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs list", "wxsec certs list --sort left --state fine",
                   "wxsec certs list 'station-*' --json"},
                  "0 fine, also where something is due: 'wxsec certs check' judges; 2 usage; 3 no "
                  "such directory, or a part of it may not be read");
  on_run(*app, context, [&context, words] {
    const auto report = run(*words, context);
    if (!report) return context.failed(report.error());
    context.print(context.json ? json_text(to_json(*report))
                               : render(*report, *words, context.clock.now(), context.out));
    return report->closed.empty() ? Exit::fine : Exit::environment;
  });
}

}  // namespace wxsec::cmd
