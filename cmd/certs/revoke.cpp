#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/certs/ca_passphrase.h"
#include "cmd/certs/certs.h"
#include "cmd/certs/services.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "lib/core/time.h"
#include "src/certs/crl_file.h"
#include "src/certs/layout.h"
#include "src/certs/root_list.h"
#include "src/revoke/revoke.h"

namespace wxsec::cmd {
namespace {

using nlohmann::ordered_json;

struct Words {
  std::string name;
  std::string dir = "certs";
  std::string reason = "unspecified";
  bool begin_anew = false;
  ServiceWords services;
  PassphraseWords passphrase;
};

ordered_json same_key_json(const certs::RevokeReport& report) {
  ordered_json all = ordered_json::array();
  for (const certs::SameKey& one : report.same_key)
    all.push_back({{"name", one.name}, {"serial", one.serial}, {"revoked", one.revoked}});
  return all;
}

ordered_json shared_json(const certs::RevokeReport& report) {
  ordered_json all = ordered_json::array();
  for (const certs::SharedPair& one : report.shared)
    all.push_back({{"name", one.name}, {"serial", one.serial}, {"profile", one.profile}});
  return all;
}

ordered_json to_json(const certs::RevokeReport& report) {
  ordered_json body{{"revoked", report.serials},
                    {"already", report.already},
                    {"on_list", report.total},
                    {"next_update", core::rfc3339(report.next_update)},
                    {"told", report.told},
                    {"proofs", report.proofs},
                    {"not_proven", report.not_proven},
                    {"same_key", same_key_json(report)},
                    {"same_name", report.same_name},
                    {"shared", shared_json(report)}};
  if (report.restored) body["restored"] = *report.restored;
  return body;
}

constexpr std::string_view kReload =
    "It counts once the services have read it: --reload broker=pid:N tells them (a SIGHUP), "
    "--verify\n"
    "broker=mqtts://HOST:PORT has them prove it.\n";
// Before the work: whoever wants sessions to end as well can still arrange for it.
constexpr std::string_view kSessions =
    "a session that is open stays so at Mosquitto until it ends; a broker that is started again "
    "ends it (--reload broker=command:'systemctl restart mosquitto'), the API does within a second";

std::string render(const certs::RevokeReport& report, const Words& words, core::Instant now) {
  std::string text;
  for (const std::string& serial : report.serials)
    text += fmt::format("revoked {} of {}\n", serial, core::escape_terminal(words.name));
  for (const certs::SameKey& one : report.same_key)
    if (one.revoked)
      text += fmt::format("revoked {} of {}: it has the same key\n", one.serial,
                          core::escape_terminal(one.name));
  if (report.already > 0)
    text += fmt::format("{} of its certificates were revoked before\n", report.already);
  if (report.restored)
    text += fmt::format("crl.pem is begun anew, with {} revocations that the ledger knew\n",
                        *report.restored);
  text += fmt::format("crl.pem: {} revoked, {} {}\n", report.total,
                      report.next_update > now ? "good until" : "a list in it is out of date since",
                      core::rfc3339(report.next_update));
  for (const std::string& line : report.proofs)
    text += fmt::format("proven: {}\n", core::escape_terminal(line));
  for (const std::string& line : report.not_proven)
    text += fmt::format("not proven: {}\n", core::escape_terminal(line));
  if (report.told.empty()) text += kReload;
  return text;
}

// A pair under two names has one serial, and that is on the list.
void warn_of_shared(const certs::RevokeReport& report, const Words& words, const Context& context) {
  for (const certs::SharedPair& one : report.shared)
    context.warn(fmt::format(
        "{} is also what {} shows; {} is revoked with it; for a new one: wxsec certs issue "
        "--dir {} --profile {} --replace {}",
        one.serial, core::escape_terminal(one.name), core::escape_terminal(one.name),
        core::shell_word(words.dir), core::shell_word(one.profile), core::shell_word(one.name)));
}

// What stays in force is told on stderr, in JSON as well.
void warn_of_others(const certs::RevokeReport& report, const Words& words, const Context& context) {
  const std::string dir = core::shell_word(words.dir);
  for (const certs::SameKey& one : report.same_key)
    if (!one.revoked)
      context.warn(fmt::format(
          "{} of {} has the same key, and stays in force; if that key is in other hands: wxsec "
          "certs revoke --dir {} {} --reason key-compromise",
          one.serial, core::escape_terminal(one.name), dir, core::shell_word(words.name)));
  for (const std::string& name : report.same_name)
    context.warn(fmt::format(
        "the certificate of {} says that it is {}, too, and stays in force: wxsec certs revoke "
        "--dir {} {}",
        core::escape_terminal(name), core::escape_terminal(words.name), dir,
        core::shell_word(name)));
}

constexpr std::string_view kForgiven =
    "whoever was revoked and is not among these is let in again: what an older wxsec revoked, or a "
    "ledger that got lost, too, knew of; revoke it once more";

// The list of a root is not signed with the others. Where it ran out, the new list helps nobody:
// then false.
bool tell_of_root_lists(const Words& words, const Context& context) {
  const certs::Layout layout(words.dir);
  const auto lists = certs::read_crl_file(layout.crl());
  if (!lists) return true;
  const auto roots = certs::root_lists(layout, *lists, context.clock.now());
  if (!roots) return true;
  bool fine = true;
  for (const certs::RootList& one : *roots) {
    const std::string trouble = certs::root_list_trouble(layout, one);
    if (one.state == certs::RootListState::missing)
      context.warn(trouble + "; " + certs::root_list_hint(layout, one));
    if (one.state != certs::RootListState::ran_out) continue;
    context.error({core::Code::unsupported, trouble, certs::root_list_hint(layout, one)});
    fine = false;
  }
  return fine;
}

void show(const certs::RevokeReport& report, const Words& words, const Context& context) {
  context.print(context.json ? json_text(to_json(report))
                             : render(report, words, context.clock.now()));
  if (report.restored) context.warn(kForgiven);
  warn_of_shared(report, words, context);
  warn_of_others(report, words, context);
}

Exit finish(const core::Result<certs::RevokeReport>& report, const Words& words,
            const Context& context) {
  if (!report) return context.failed(report.error());
  show(*report, words, context);
  tell_of_root_lists(words, context);
  return Exit::fine;
}

// To revoke is done once it is on the list; to renew the list is not while a part of it that
// matters is out of date.
Exit finish_list(const core::Result<certs::RevokeReport>& report, const Words& words,
                 const Context& context) {
  if (!report) return context.failed(report.error());
  show(*report, words, context);
  return tell_of_root_lists(words, context) ? Exit::fine : Exit::environment;
}

core::Result<certs::RevokeOptions> options_of(const Words& words, const Context& context) {
  certs::RevokeOptions options;
  options.dir = words.dir;
  Services services = WXSEC_TRY(services_of(words.services));
  options.services = std::move(services.list);
  options.verify_within = services.verify_within;
  options.ca_passphrase = WXSEC_TRY(ca_passphrase(words.passphrase, words.dir, context));
  return options;
}

core::Result<certs::RevokeReport> run(const Words& words, const Context& context) {
  auto options = WXSEC_TRY(options_of(words, context));
  options.name = words.name;
  options.reason = WXSEC_TRY(pki::parse_revocation_reason(words.reason));
  context.note(kSessions);
  return certs::revoke(options, context.clock, context.stop.token());
}

}  // namespace

void add_certs_revoke(CLI::App& certs_app, Context& context) {
  CLI::App* const app =
      certs_app.add_subcommand("revoke", "put an identity's certificates on the revocation list");
  const auto words = std::make_shared<Words>();
  app->add_option("name", words->name, "the identity")->required();
  add_dir(*app, words->dir);
  app->add_option("--reason", words->reason,
                  "key-compromise (revokes whatever has the same key, too), superseded, "
                  "cessation-of-operation, privilege-withdrawn, ...")
      ->default_str("unspecified")
      ->type_name("REASON");
  add_services(*app, words->services,
               "NAME=mqtts://HOST:PORT or https://: must refuse the revoked identity; repeatable",
               "5s");
  add_ca_passphrase(*app, words->passphrase);
  add_json(*app, context);
  add_help_footer(*app,
                  {"wxsec certs revoke station-0001 --reason key-compromise",
                   "wxsec certs inspect certs/crl.pem", "wxsec certs revoke operator --json"},
                  "0 fine; 2 usage; 3 no such identity, no authority, no list, busy, a service "
                  "that does not refuse");
  on_run(*app, context,
         [&context, words] { return finish(run(*words, context), *words, context); });
}

void add_certs_crl(CLI::App& certs_app, Context& context) {
  CLI::App* const app =
      certs_app.add_subcommand("crl", "sign the revocation list anew, good for 90 days");
  const auto words = std::make_shared<Words>();
  add_dir(*app, words->dir);
  app->add_flag("--begin-anew", words->begin_anew,
                "where crl.pem got lost or is damaged, or the root's list ran out: a new one, with "
                "the revocations that the ledger knows");
  add_reloads(*app, words->services);
  add_ca_passphrase(*app, words->passphrase);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs crl", "wxsec certs crl --dir certs --json",
       "wxsec certs inspect certs/crl.pem"},
      "0 fine; 3 no authority, no list, busy, nothing to begin anew, or a list in it that\n"
      "ran out and is the root's to sign");
  on_run(*app, context, [&context, words] {
    auto options = options_of(*words, context);
    if (!options) return context.failed(options.error());
    if (words->begin_anew) options->if_lost = certs::IfLost::begin_anew;
    return finish_list(certs::refresh_list(*options, context.clock), *words, context);
  });
}

}  // namespace wxsec::cmd
