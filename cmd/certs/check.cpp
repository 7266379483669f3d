#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/look/check.h"
#include "src/look/check_formats.h"

namespace wxsec::cmd {
namespace {

using certs::CheckState;
using nlohmann::ordered_json;

struct Words {
  std::vector<std::string> targets;
  std::string dir = "certs";
  bool dir_asked_for = false;
  std::string ca;
  std::string within;
  std::string timeout = "5s";
  bool prometheus = false;
  bool nagios = false;
  bool critical = false;
};

core::Result<certs::CheckReport> run(const Words& words, const Context& context) {
  certs::CheckOptions options;
  options.targets = words.targets;
  if (options.targets.empty()) options.targets.push_back(words.dir);
  options.dir = words.dir;
  options.dir_asked_for = words.dir_asked_for;
  options.ca = words.ca;
  if (!words.within.empty()) options.within = WXSEC_TRY(certs::parse_threshold(words.within));
  options.timeout = WXSEC_TRY(core::parse_duration(words.timeout));
  return certs::check(options, context.clock);
}

ordered_json moment(const std::optional<core::Instant>& at) {
  return at ? ordered_json(core::rfc3339(*at)) : ordered_json(nullptr);
}

ordered_json to_json(const certs::CheckReport& report) {
  ordered_json items = ordered_json::array();
  for (const certs::CheckItem& item : report.items)
    items.push_back({{"target", item.target},
                     {"state", certs::check_state_text(item.state)},
                     {"what", item.what},
                     {"subject", item.subject},
                     {"serial", item.serial},
                     {"not_before", moment(item.not_before)},
                     {"not_after", moment(item.not_after)},
                     {"due", moment(item.due)},
                     {"reason", pki::reason_text(item.reason)},
                     {"dates_only", item.dates_only},
                     {"by_system_store", item.by_system_store},
                     {"revocation_unknown", item.revocation_unknown},
                     {"sentence", item.sentence},
                     {"hint", item.hint}});
  return {{"state", certs::check_state_text(report.worst())},
          {"fine", report.count(CheckState::fine)},
          {"due", report.count(CheckState::due)},
          {"expired", report.count(CheckState::expired)},
          {"broken", report.count(CheckState::broken)},
          {"unreadable", report.count(CheckState::unreadable)},
          {"dates_only", report.by_dates_only()},
          {"items", items}};
}

std::string mark(CheckState state, const term::Style& style) {
  const std::string_view text = certs::check_state_text(state);
  if (state == CheckState::fine) return style.good(text);
  return state == CheckState::due ? style.doubt(text) : style.bad(text);
}

std::string summary(const certs::CheckReport& report, const term::Style& style) {
  std::string text = fmt::format("{} checked", report.items.size());
  for (const CheckState state : {CheckState::fine, CheckState::due, CheckState::expired,
                                 CheckState::broken, CheckState::unreadable})
    if (const std::size_t count = report.count(state); count > 0)
      text += fmt::format(", {} {}", count, mark(state, style));
  if (const std::size_t alone = report.by_dates_only(); alone > 0)
    text += fmt::format("; {} {}", alone, style.doubt("by dates alone"));
  return text + "\n";
}

// Long lists show what is wrong; what is fine is counted.
constexpr std::size_t kShownFine = 40;

std::string render(const certs::CheckReport& report, const term::Style& style) {
  term::Table table({"STATE", "TARGET", "SUBJECT", "UNTIL", ""});
  std::string remedies;
  const bool all = report.items.size() <= kShownFine;
  for (const certs::CheckItem& item : report.items) {
    if (item.state == CheckState::fine && !all) continue;
    table.row({mark(item.state, style), core::escape_terminal(item.target),
               core::escape_terminal(item.subject),
               item.not_after ? core::utc_date(*item.not_after) : "", item.sentence});
    if (item.hint.empty() || remedies.find(item.hint) != std::string::npos) continue;
    remedies += fmt::format("{} {}\n", style.cyan("remedy:"), item.hint);
  }
  const std::string rows = table.empty() ? "" : table.render(style) + "\n";
  return rows + summary(report, style) + remedies;
}

Exit exit_of(const certs::CheckReport& report, const Words& words) {
  switch (report.worst()) {
    case CheckState::fine: return Exit::fine;
    case CheckState::unreadable: return Exit::environment;
    case CheckState::due: return Exit::findings;
    default: return words.critical ? Exit::critical : Exit::findings;
  }
}

// A monitor reads the first line and knows four exit codes; whatever keeps us from checking is
// "unknown" to it.
Exit failed(const core::Error& error, const Words& words, const Context& context) {
  if (!words.nagios) return context.failed(error);
  context.print(fmt::format("WXSEC UNKNOWN - {}\n", core::escape_terminal(error.what)));
  return Exit::environment;
}

std::string in_format(const certs::CheckReport& report, const Words& words,
                      const Context& context) {
  if (words.prometheus) return certs::to_prometheus(report, context.clock.now());
  if (words.nagios)
    return certs::to_nagios(
        report, words.critical ? certs::NagiosWorst::critical : certs::NagiosWorst::warning,
        context.clock.now());
  if (!context.json) return render(report, context.out);
  return json_text(to_json(report));
}

}  // namespace

void add_certs_check(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "check", "are certificates fine, and for how long: files, directories, live endpoints");
  const auto words = std::make_shared<Words>();
  app->add_option("targets", words->targets,
                  "PATH or URL (mqtts://, https://); default: the certificate directory")
      ->type_name("PATH|URL");
  add_dir(*app, words->dir);
  app->add_option("--ca", words->ca,
                  "CA certificates to judge by (PEM); default: those of --dir, else of the "
                  "certificate directory that PATH lies in")
      ->type_name("FILE");
  app->add_option("--within", words->within,
                  "due when this much is left: 30d, 12h, or 33% of the lifetime; default a third, "
                  "or half of lifetimes under ten days")
      ->type_name("LEFT");
  app->add_option("--timeout", words->timeout, "per endpoint")
      ->default_str("5s")
      ->type_name("SPAN");
  add_json(*app, context);
  app->add_flag("--prometheus", words->prometheus,
                "metrics for node_exporter's textfile collector, one set per certificate");
  app->add_flag(
         "--nagios", words->nagios,
         "one line with performance data: OK, WARNING (1) or UNKNOWN (3), as the exit codes say")
      ->excludes("--prometheus");
  app->add_flag("--critical", words->critical,
                "with --nagios: expired and broken are CRITICAL, with exit code 2")
      ->needs("--nagios");
  app->get_option("--json")->excludes("--prometheus")->excludes("--nagios");
  add_help_footer(*app,
                  {"wxsec certs check", "wxsec certs check certs/broker --within 30d",
                   "wxsec certs check certs --prometheus   # > wxsec.prom, for node_exporter"},
                  "0 fine; 1 due, expired or broken, also where something else is unreadable; 2 "
                  "usage; 3 nothing of that, but unreadable, unreachable, or no certificate there");
  on_run(*app, context, [&context, words, app] {
    words->dir_asked_for = app->count("--dir") > 0;
    const auto report = run(*words, context);
    if (!report) return failed(report.error(), *words, context);
    context.print(in_format(*report, *words, context));
    return exit_of(*report, *words);
  });
}

}  // namespace wxsec::cmd
