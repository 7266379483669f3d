#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cmd/certs/ca_passphrase.h"
#include "cmd/certs/certs.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/certs/crl_file.h"
#include "src/issue/init.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  std::string dir = "certs";
  std::vector<std::string> domains;
  unsigned stations = 3;
  std::string lifetime;
  std::string ca_lifetime;
  std::string key;
  std::string group;
  PassphraseWords passphrase;
};

core::Result<std::optional<std::chrono::milliseconds>> optional_duration(const std::string& text) {
  if (text.empty()) return std::optional<std::chrono::milliseconds>();
  return std::optional(WXSEC_TRY(core::parse_duration(text)));
}

core::Result<certs::InitReport> run(const Words& words, const Context& context) {
  certs::InitOptions options;
  options.dir = words.dir;
  options.domains = words.domains;
  options.stations = words.stations;
  options.lifetime = WXSEC_TRY(optional_duration(words.lifetime));
  options.ca_lifetime = WXSEC_TRY(optional_duration(words.ca_lifetime));
  if (!words.key.empty()) options.key = WXSEC_TRY(pki::parse_key_type(words.key));
  options.group = words.group;
  options.ca_passphrase = WXSEC_TRY(ca_passphrase(words.passphrase, words.dir, context));
  return certs::init(options, context.clock);
}

std::string_view presence_text(certs::Presence presence) {
  switch (presence) {
    case certs::Presence::created: return "created";
    case certs::Presence::kept: return "kept";
    case certs::Presence::missing: return "missing";
  }
  return "?";
}

ordered_json to_json(const certs::InitReport& report) {
  ordered_json items = ordered_json::array();
  for (const certs::InitItem& item : report.items) {
    ordered_json names = ordered_json::array();
    for (const auto& name : item.certificate.names) names.push_back(pki::to_text(name));
    items.push_back({{"name", item.name},
                     {"folder", item.folder.string()},
                     {"state", presence_text(item.presence)},
                     {"subject", item.certificate.subject},
                     {"serial", item.certificate.serial},
                     {"sha256", item.certificate.sha256},
                     {"key", pki::key_text(item.certificate)},
                     {"names", names},
                     {"not_before", core::rfc3339(item.certificate.not_before)},
                     {"not_after", core::rfc3339(item.certificate.not_after)}});
  }
  return {{"dir", report.dir.string()},       {"changed", report.changed()},
          {"domains", report.domains},        {"networks", report.networks},
          {"crl", presence_text(report.crl)}, {"revoked", report.revoked},
          {"mended", report.mended},          {"identities", items}};
}

std::string names_of(const certs::InitItem& item) {
  if (item.certificate.is_ca) return item.certificate.common_name;
  std::string text;
  for (const auto& name : item.certificate.names) text += (text.empty() ? "" : ", ") + name.value;
  return text;
}

// Hundreds of stations are a line of their own, not hundreds of lines.
constexpr std::size_t kShownStations = 5;

struct Tree {
  const certs::InitReport& report;
  const Context& context;
  std::string text;

  void line(std::string_view branch, const certs::InitItem& item, std::string_view name) {
    const term::Style& style = context.out;
    const bool created = item.presence == certs::Presence::created;
    const std::string state = created ? style.good("created") : style.dim("kept   ");
    text += fmt::format("{} {} {}  until {}  {}\n", branch, term::pad_right(name, 16), state,
                        core::utc_date(item.certificate.not_after),
                        style.dim(core::escape_terminal(names_of(item))));
  }
  void stations(const std::vector<const certs::InitItem*>& items) {
    text += fmt::format("├── stations/      {} of them\n", items.size());
    for (std::size_t i = 0; i < items.size() && i < kShownStations; ++i) {
      const bool last = i + 1 == items.size();
      line(last ? "│   └──" : "│   ├──", *items[i], items[i]->name + "/");
    }
    if (items.size() > kShownStations) text += fmt::format("│   └── ... {}/\n", items.back()->name);
  }
};

std::string crl_text(const certs::InitReport& report) {
  if (report.crl == certs::Presence::missing) return "MISSING: who was revoked cannot be told";
  if (report.revoked == 0) return "who was revoked: nobody so far";
  return fmt::format("who was revoked: {} certificate{}", report.revoked,
                     report.revoked == 1 ? "" : "s");
}

// What to type next, with the purposes in one column however long the directory's name is.
std::string next_commands(const std::string& dir) {
  const std::array<std::array<std::string, 2>, 7> lines{{
      {"wxsec certs check " + dir, "is everything fine, and for how long"},
      {"wxsec broker run --dir " + dir, "the real mosquitto with TLS; then, beside it:"},
      {"wxsec station run --dir " + dir, "a station that publishes"},
      {"wxsec api serve --dir " + dir, "the readings over HTTPS"},
      {"wxsec sniff -i lo", "what an eavesdropper gets"},
      {"wxsec attack plaintext --dir " + dir, "what an intruder gets"},
      {fmt::format("wxsec certs inspect {}/broker/current/cert.pem", dir), "one of them"},
  }};
  std::size_t width = 0;
  for (const auto& [command, purpose] : lines) width = std::max(width, command.size());
  std::string text;
  for (const auto& [command, purpose] : lines)
    text += fmt::format("  {:<{}}  {}\n", command, width, purpose);
  return text;
}

std::string render(const certs::InitReport& report, const Context& context) {
  Tree tree{report, context, {}};
  tree.text = context.out.bold(core::escape_terminal(report.dir.string()) + "/") + "\n";
  std::vector<const certs::InitItem*> stations;
  for (const certs::InitItem& item : report.items) {
    if (item.name.starts_with("station-")) {
      stations.push_back(&item);
    } else {
      tree.line("├──", item, item.name + "/");
    }
  }
  if (!stations.empty()) tree.stations(stations);
  tree.text += "├── ca.pem         what clients and stations trust\n";
  tree.text += fmt::format("└── crl.pem        {}\n\n", crl_text(report));
  tree.text += fmt::format(
      "Each folder: current/{{cert,chain,fullchain,privkey}}.pem. The authorities sign for {} "
      "and {} only.\n",
      fmt::join(report.domains, ", "), fmt::join(report.networks, ", "));
  for (const std::string& sentence : report.mended)
    tree.text += fmt::format("Changed: {}.\n", core::escape_terminal(sentence));
  if (!report.changed() && report.crl != certs::Presence::missing)
    return tree.text + "Everything was there already; nothing was changed.\n";
  tree.text += fmt::format("\n{}\n", context.out.bold("Next:"));
  return tree.text + next_commands(core::escape_terminal(core::shell_word(report.dir.string())));
}

void add_options(CLI::App& app, Words& words) {
  add_dir(app, words.dir);
  app.add_option("--domain", words.domains,
                 "what the authorities may sign for: DOMAIN, ADDRESS or NETWORK (192.168.7.0/24); "
                 "repeatable; default wx.test")
      ->type_name("NAME");
  app.add_option("--stations", words.stations, "how many stations get a certificate")
      ->default_str("3")
      ->type_name("N");
  app.add_option("--lifetime", words.lifetime, "of the leaves, as 90d, 6h, 10m; default by profile")
      ->type_name("SPAN");
  app.add_option("--ca-lifetime", words.ca_lifetime, "of both authorities; default 3650d and 1825d")
      ->type_name("SPAN");
  app.add_option("--key", words.key,
                 "of all: P-256, P-384, Ed25519, RSA-2048, RSA-3072 or RSA-4096; default: as the "
                 "profiles say, P-256")
      ->type_name("TYPE");
  app.add_option("--group", words.group,
                 "group that may read the keys of broker, API and ingest (mode 0640)")
      ->type_name("GROUP");
  add_ca_passphrase(app, words.passphrase);
}

}  // namespace

void add_certs_init(CLI::App& certs, Context& context) {
  CLI::App* const app = certs.add_subcommand(
      "init",
      "a root, an issuing authority, and identities for broker, API, operator and stations");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs init",
                   "wxsec certs init --dir weather --domain weather.example.org --stations 12",
                   "wxsec certs init --dir lan --domain wx.test --domain 192.168.7.0/24 --json"},
                  "0 fine, also when everything was there; 1 the revocation list is missing; 2 "
                  "usage; 3 cannot write");
  on_run(*app, context, [&context, words] {
    const auto report = run(*words, context);
    if (!report) return context.failed(report.error());
    context.print(context.json ? json_text(to_json(*report)) : render(*report, context));
    if (report->shortened_to)
      context.warn(fmt::format("no certificate outlives its authority: they end on {}",
                               core::utc_date(*report->shortened_to)));
    if (report->crl != certs::Presence::missing) return Exit::fine;
    context.warn(fmt::format(
        "{}/crl.pem has no list of the issuing authority any more, and with an empty one revoked "
        "certificates would be good again: {}",
        report->dir.string(), certs::lost_list_hint(report->dir)));
    return Exit::findings;
  });
}

}  // namespace wxsec::cmd
