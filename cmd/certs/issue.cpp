#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/ca_passphrase.h"
#include "cmd/certs/card.h"
#include "cmd/certs/certs.h"
#include "cmd/certs/dismissed.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/time.h"
#include "lib/term/progress.h"
#include "src/issue/fleet.h"
#include "src/issue/issue.h"
#include "src/issue/stations_csv.h"
#include "src/renew/rollback.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  std::string name;
  std::string dir = "certs";
  std::string profile = "station";
  std::vector<std::string> names;
  std::string lifetime;
  std::string key;
  std::string group;
  PassphraseWords passphrase;
  bool replace = false;
  std::optional<unsigned> count;
  std::string from;
};

core::Result<certs::IssueOptions> options_of(const Words& words, const Context& context) {
  certs::IssueOptions options;
  options.dir = words.dir;
  options.name = words.name;
  options.profile = words.profile;
  for (const std::string& name : words.names)
    options.names.push_back(WXSEC_TRY(pki::parse_alternative_name(name)));
  if (!words.lifetime.empty()) options.lifetime = WXSEC_TRY(core::parse_duration(words.lifetime));
  if (!words.key.empty()) options.key = WXSEC_TRY(pki::parse_key_type(words.key));
  options.group = words.group;
  options.ca_passphrase = WXSEC_TRY(ca_passphrase(words.passphrase, words.dir, context));
  if (words.replace) options.if_exists = certs::IfExists::new_generation;
  return options;
}

// Said, because an MQTT broker takes the common name for the user.
std::string common_name_note(const certs::Issued& issued) {
  const std::string& common = issued.certificate.common_name;
  const auto& uses = issued.certificate.extended_key_usage;
  if (common == issued.name) return {};
  const bool client = std::find(uses.begin(), uses.end(), "clientAuth") != uses.end();
  return fmt::format(
      "common name {}{}, not {}: without a DNS name it is held against the authority's name "
      "constraints\n",
      core::escape_terminal(common), client ? ", and so the MQTT user" : "", issued.name);
}

std::string render(const certs::Issued& issued, const Context& context) {
  return certificate_card(issued.certificate, context.clock.now(), context.out) + "\n" +
         common_name_note(issued) +
         fmt::format("in {}/: cert.pem chain.pem fullchain.pem privkey.pem\n",
                     core::escape_terminal((issued.folder / "current").string()));
}

ordered_json to_json(const certs::Issued& issued, const Context& context) {
  return {{"name", issued.name},
          {"folder", issued.folder.string()},
          {"generation", issued.generation.string()},
          {"certificate", certificate_json(issued.certificate, context.clock.now())}};
}

void warn_shortened(const Context& context) {
  context.warn("no certificate outlives its authority: it ends earlier than was asked for");
}

Exit run_one(const Words& words, const Context& context) {
  if (words.name.empty())
    return context.failed({core::Code::usage, "the name of the identity is missing",
                           "wxsec certs issue NAME, or --from TABLE.csv for many"});
  const auto options = options_of(words, context);
  if (!options) return context.failed(options.error());
  const auto issued = certs::issue(*options, context.clock);
  if (!issued) return context.failed(issued.error());
  context.print(context.json ? json_text(to_json(*issued, context)) : render(*issued, context));
  if (issued->shortened) warn_shortened(context);
  tell_dismissed(issued->dismissed, context);
  if (issued->wrong_on_purpose)
    context.warn("it is wrong on purpose, for lessons: serve it to nobody who relies on it");
  return Exit::fine;
}

core::Result<certs::FleetReport> issue_many(const Words& words, const Context& context) {
  certs::FleetOptions options;
  options.each = WXSEC_TRY(options_of(words, context));
  if (!words.names.empty() || words.replace)
    return core::fail(core::Code::usage, "--name and --replace are for a single certificate",
                      "leave them out, or leave out --count and --from");
  if (!words.from.empty() && !words.name.empty())
    return core::fail(core::Code::usage, "with --from the names come from the table",
                      "leave out " + words.name);
  options.count = words.count.value_or(0);
  if (!words.from.empty()) options.members = WXSEC_TRY(certs::load_stations_csv(words.from));
  term::Progress progress("certificates",
                          words.from.empty() ? options.count : options.members.size());
  options.on_progress = [&progress](std::uint64_t done) { progress.update(done); };
  return certs::issue_fleet(options, context.clock, context.stop.token());
}

std::string render(const certs::FleetReport& report) {
  std::string text = fmt::format("{} to {}: {} created, {} were there already", report.first,
                                 report.last, report.created, report.kept);
  if (report.completed > 0)
    text += fmt::format(", {} of an earlier run put in use", report.completed);
  if (report.renamed > 0)
    text += fmt::format(
        "\nthe common name, and so the MQTT user, is the default DNS name for {} of them: without "
        "a "
        "DNS name it is held against the authority's name constraints",
        report.renamed);
  return text + "\n";
}

Exit run_fleet(const Words& words, const Context& context) {
  const auto report = issue_many(words, context);
  if (!report) return context.failed(report.error());
  const ordered_json body{{"first", report->first},
                          {"last", report->last},
                          {"created", report->created},
                          {"completed", report->completed},
                          {"kept", report->kept},
                          {"renamed", report->renamed},
                          {"other_names", report->other_names}};
  context.print(context.json ? json_text(body) : render(*report));
  if (report->other_names > 0)
    context.warn(
        fmt::format("{} that were there already have other names than the table asks for; "
                    "a new certificate for one of them: wxsec certs issue NAME --replace "
                    "--name DNS:HOST",
                    report->other_names));
  if (report->shortened) warn_shortened(context);
  return Exit::fine;
}

void add_options(CLI::App& app, Words& words) {
  app.add_option("name", words.name, "folder, common name and MQTT user name");
  add_dir(app, words.dir);
  app.add_option("--profile", words.profile,
                 "server, client, station, both, short-lived; for lessons expired, not-yet, "
                 "wrong-name, weak-key, sha1, no-san, wrong-eku, self-signed, ca-true, other-ca")
      ->default_str("station")
      ->type_name("PROFILE");
  app.add_option(
         "--name", words.names,
         "DNS:HOST, IP:ADDRESS, URI:.. or email:..; one each, repeatable; these and no others; "
         "default by profile")
      ->type_name("SAN");
  app.add_option("--lifetime", words.lifetime, "90d, 6d, 1h; default by profile")
      ->type_name("SPAN");
  app.add_option("--key", words.key, "P-256, P-384, Ed25519, RSA-2048, RSA-3072 or RSA-4096")
      ->type_name("TYPE");
  app.add_option("--group", words.group, "group that may read the key (mode 0640)")
      ->type_name("GROUP");
  app.add_option("--count", words.count, "a fleet: NAME-00001 and on; goes on where it stopped")
      ->type_name("N");
  app.add_option(
         "--from", words.from,
         "a fleet from a table: a header row with name and, if wanted, dns, ip, uri, email, "
         "lifetime; several values in a cell are separated by blanks")
      ->type_name("CSV")
      ->excludes("--count");
  app.add_flag(
      "--replace", words.replace,
      "a new generation where the name is taken; who renewed the old one (acme.json) is set aside");
  add_ca_passphrase(app, words.passphrase);
}

}  // namespace

void add_certs_issue(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand("issue", "one more certificate and key");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs issue station-0042", "wxsec certs issue --count 100 field",
                   "wxsec certs issue --profile server --name DNS:web.wx.test --lifetime 30d web",
                   "wxsec certs issue --profile expired expired-broker   # for a lesson"},
                  "0 fine; 2 usage, also a name that the authority may not sign for; 3 no "
                  "authority, name taken, no permission");
  on_run(*app, context, [&context, words] {
    const bool fleet = words->count || !words->from.empty();
    return fleet ? run_fleet(*words, context) : run_one(*words, context);
  });
}

void add_certs_rollback(CLI::App& certs_app, Context& context) {
  CLI::App* const app =
      certs_app.add_subcommand("rollback", "point an identity back at an earlier generation");
  const auto dir = std::make_shared<std::string>("certs");
  const auto name = std::make_shared<std::string>();
  const auto generation = std::make_shared<std::string>();
  app->add_option("name", *name, "the identity")->required();
  app->add_option("--to", *generation, "the generation, as 0003; default: the one before")
      ->type_name("GENERATION");
  add_dir(*app, *dir);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs rollback broker", "wxsec certs rollback broker --to 0001",
       "wxsec certs rollback station-0001 --json"},
      "0 fine; 2 that generation expired, was revoked, is of an authority that is not trusted any "
      "more, or no service took it; 3 there is no such generation, or its pair does not match");
  on_run(*app, context, [&context, dir, name, generation] {
    const auto now = certs::rollback(*dir, *name, *generation, context.clock.now());
    if (!now) return context.failed(now.error());
    context.print(context.json ? json_text(ordered_json{{"name", *name}, {"current", *now}})
                               : fmt::format("{} is at generation {} now; reload who uses it\n",
                                             *name, *now));
    return Exit::fine;
  });
}

}  // namespace wxsec::cmd
