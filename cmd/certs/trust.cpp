#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/card.h"
#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/term/table.h"
#include "src/trust/trust.h"

namespace wxsec::cmd {
namespace {

using certs::TrustState;
using nlohmann::ordered_json;

struct Words {
  std::string dir = "certs";
  bool system = false;
  bool browsers = false;
};

certs::TrustOptions options_of(const Words& words) {
  certs::TrustOptions options;
  options.dir = words.dir;
  const bool all = !words.system && !words.browsers;
  options.system = all || words.system;
  options.browsers = all || words.browsers;
  if (const char* const home = std::getenv("HOME"); home != nullptr) options.home = home;
  return options;
}

std::string state_cell(const certs::TrustItem& item, const term::Style& style) {
  if (item.error) return style.bad("failed");
  const std::string text = (item.changed && item.state == TrustState::absent)
                               ? "removed"
                               : std::string(certs::trust_state_text(item.state));
  return item.state == TrustState::installed ? style.good(text) : text;
}

std::string render(const certs::TrustReport& report, const term::Style& style) {
  term::Table table({"STATE", "STORE", "AUTHORITY", "PLACE"});
  for (const certs::TrustItem& item : report.items)
    table.row({state_cell(item, style), item.store,
               core::escape_terminal(item.authority) + (item.retired ? " (earlier)" : ""),
               core::escape_terminal(item.place.string())});
  return table.render(style);
}

std::string limits(const certs::TrustReport& report, const term::Style& style) {
  std::string text;
  for (const pki::Certificate& authority : report.authorities) {
    text += fmt::format("\n{} SHA-256 {}\n", core::escape_terminal(authority.common_name),
                        pki::colons(authority.sha256));
    text +=
        authority.has_constraints
            ? style.dim("it can vouch for nothing but: " +
                        core::escape_terminal(
                            fmt::format("{}, {}", fmt::join(authority.constraints.dns, ", "),
                                        fmt::join(authority.constraints.networks, ", "))))
            : style.doubt("it has no name constraints: whoever has its key can pose as anybody");
    text += "\n";
  }
  return text;
}

ordered_json to_json(const certs::TrustReport& report) {
  ordered_json items = ordered_json::array();
  for (const certs::TrustItem& item : report.items) {
    ordered_json one{{"store", item.store},         {"place", item.place.string()},
                     {"authority", item.authority}, {"sha256", item.sha256},
                     {"retired", item.retired},     {"state", certs::trust_state_text(item.state)},
                     {"changed", item.changed}};
    if (item.error) one["error"] = item.error->what;
    items.push_back(std::move(one));
  }
  return {{"stores", items}};
}

void show(const certs::TrustReport& report, const Context& context) {
  context.print(context.json ? json_text(to_json(report))
                             : render(report, context.out) + limits(report, context.out));
  for (const certs::TrustItem& item : report.items)
    if (item.error) context.error(core::with_context(*item.error, item.store));
}

Exit exit_of(const certs::TrustReport& report) {
  for (const certs::TrustItem& item : report.items)
    if (item.error) return exit_for(item.error->code);
  return Exit::fine;
}

bool everywhere(const certs::TrustReport& report) {
  return std::all_of(report.items.begin(), report.items.end(), [](const certs::TrustItem& item) {
    return item.retired || item.state == TrustState::installed;
  });
}

using Act = core::Result<certs::TrustReport> (*)(const certs::TrustOptions&);
enum class Asks { change, state };

struct Part {
  const char* name;
  const char* help;
  Act act;
  Asks asks;
};

void add_part(CLI::App& trust, Context& context, const Part& part,
              std::initializer_list<const char*> examples, const char* exit_codes) {
  CLI::App* const app = trust.add_subcommand(part.name, part.help);
  const auto words = std::make_shared<Words>();
  add_dir(*app, words->dir);
  app->add_flag("--system", words->system,
                "Debian's store: curl, Python, Go, daemons; to change it needs root");
  app->add_flag("--browsers", words->browsers,
                "Chromium and Firefox of this user (NSS); default: both kinds");
  add_json(*app, context);
  add_help_footer(*app, examples, exit_codes);
  on_run(*app, context, [&context, words, part] {
    const auto report = part.act(options_of(*words));
    if (!report) return context.failed(report.error());
    show(*report, context);
    const Exit exit = exit_of(*report);
    if (exit != Exit::fine || part.asks == Asks::change) return exit;
    return everywhere(*report) ? Exit::fine : Exit::findings;
  });
}

}  // namespace

void add_certs_trust(CLI::App& certs_app, Context& context) {
  CLI::App* const trust = certs_app.add_subcommand(
      "trust", "the authority in this machine's and its browsers' trust stores, and out again");
  trust->require_subcommand(1);
  add_help_footer(*trust,
                  {"wxsec certs trust install --browsers   # with sudo: --system",
                   "wxsec certs trust install --browsers && wxsec certs trust status --browsers",
                   "wxsec certs trust uninstall --browsers"},
                  "0 fine, for 'status': trusted in every store; 1 'status': not in all; 2 usage; "
                  "3 not root, certutil missing, a store that fails");
  add_part(*trust, context,
           {"install", "trust the directory's root authority", certs::trust_install, Asks::change},
           {"wxsec certs trust install --browsers", "wxsec certs trust install --browsers --json",
            "wxsec certs trust install --browsers --dir certs   # with sudo: --system"},
           "0 it is trusted; 2 usage; 3 not root, certutil missing, a store that fails");
  add_part(
      *trust, context,
      {"uninstall", "take the directory's root authority out again, and nothing else",
       certs::trust_uninstall, Asks::change},
      {"wxsec certs trust uninstall --browsers", "wxsec certs trust uninstall --browsers --json",
       "wxsec certs trust uninstall --browsers --dir certs   # with sudo: --system"},
      "0 it is gone; 2 usage; 3 not root, certutil missing, a store that fails");
  add_part(*trust, context,
           {"status", "where the directory's root authority is trusted", certs::trust_status,
            Asks::state},
           {"wxsec certs trust install --browsers && wxsec certs trust status --browsers",
            "wxsec certs trust status --browsers --json",
            "wxsec certs trust status --browsers --dir certs"},
           "0 trusted in every chosen store; 1 not in all; 2 usage; 3 a store cannot be read");
}

}  // namespace wxsec::cmd
