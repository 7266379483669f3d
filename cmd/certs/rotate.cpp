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
#include "src/revoke/rotate.h"

namespace wxsec::cmd {
namespace {

using certs::RotateReport;
using certs::RotationStep;
using nlohmann::ordered_json;

struct Words {
  std::string dir = "certs";
  std::string step;
  bool automatic = false;
  bool status = false;
  bool untold = false;
  ServiceWords services;
  PassphraseWords passphrase;
};

core::Result<RotateReport> run(const Words& words, const Context& context) {
  certs::RotateOptions options;
  options.dir = words.dir;
  options.automatic = words.automatic;
  options.status_only = words.status;
  options.untold = words.untold;
  if (!words.step.empty()) options.step = WXSEC_TRY(certs::parse_rotation_step(words.step));
  Services services = WXSEC_TRY(services_of(words.services));
  options.services = std::move(services.list);
  options.verify_within = services.verify_within;
  if (!words.status)
    options.ca_passphrase = WXSEC_TRY(ca_passphrase(words.passphrase, words.dir, context));
  options.on_progress = [&context](std::string_view what) { context.note(what); };
  return certs::rotate(options, context.clock, context.stop.token());
}

ordered_json handed_out_json(const RotateReport& report) {
  ordered_json all = ordered_json::array();
  for (const certs::HandedOut& one : report.handed_out)
    all.push_back(
        {{"name", one.name}, {"serial", one.serial}, {"not_after", core::rfc3339(one.not_after)}});
  return all;
}

ordered_json to_json(const RotateReport& report) {
  ordered_json done = ordered_json::array();
  for (const RotationStep step : report.done) done.push_back(certs::rotation_step_text(step));
  ordered_json json{{"trust", report.trust},
                    {"done", done},
                    {"next", nullptr},
                    {"under_way", report.under_way},
                    {"told", report.told},
                    {"old_root", report.old_root},
                    {"new_root", report.new_root},
                    {"proofs", report.proofs},
                    {"not_proven", report.not_proven},
                    {"reissued", nullptr},
                    {"untold", report.untold},
                    {"revoked", report.revoked},
                    {"handed_out", handed_out_json(report)},
                    {"old_keys", report.old_keys}};
  if (report.rests_until) json["rests_until"] = core::rfc3339(*report.rests_until);
  if (report.next) json["next"] = certs::rotation_step_text(*report.next);
  if (report.reissued) json["reissued"] = report.reissued->items.size();
  return json;
}

std::string tell_first(const RotateReport& report, const std::string& dir) {
  if (report.told) return "";
  return fmt::format(
      "First tell the services, or the next step is refused:\n"
      "       wxsec certs rotate-ca --dir {} --step trust-both --reload broker=pid:N --verify "
      "broker=mqtts://HOST:PORT\n",
      dir);
}

std::string after_trust_both(const RotateReport& report, const std::string& dir) {
  return tell_first(report, dir) + fmt::format(
                                       "Now bring {0}/ca.pem to every device, browser and program "
                                       "that has a copy of it: those "
                                       "that\n"
                                       "know the old root alone will refuse the broker after the "
                                       "next step. Take your time; both\n"
                                       "authorities are trusted meanwhile.\n"
                                       "Then:  wxsec certs rotate-ca --dir {0}      moves every "
                                       "identity to the new authority\n",
                                       dir);
}

std::string after_reissue(const std::string& dir) {
  return fmt::format(
      "Now bring each device its new pair, {0}/stations/NAME/current/: the old ones still work.\n"
      "What has not been brought by the next step is shut out by it.\n"
      "Then:  wxsec certs rotate-ca --dir {0}      takes the trust from the old authority\n",
      dir);
}

std::string after_trust_new(const RotateReport& report) {
  std::string text =
      "The roll-over is over. Devices may forget the old root: bring them ca.pem once more at "
      "leisure.\n";
  if (report.old_keys.empty()) return text;
  text += "Keys of the old authority, which nobody trusts any more; destroy them:\n";
  for (const std::string& file : report.old_keys)
    text += fmt::format("  shred -u {}\n", core::escape_terminal(file));
  return text;
}

std::string advice(const RotateReport& report, const std::string& dir) {
  if (report.rests_until)
    return fmt::format(
        "The last roll-over has just ended, and nothing was begun: a command that is run once too "
        "often\n"
        "must not replace the authority again. The next one may begin from {} on, or at once with\n"
        "       wxsec certs rotate-ca --dir {} --step trust-both\n",
        core::rfc3339(*report.rests_until), dir);
  if (!report.under_way && report.done.empty()) return "No roll-over is under way.\n";
  if (!report.next) return after_trust_new(report);
  switch (*report.next) {
    case RotationStep::reissue: return after_trust_both(report, dir);
    case RotationStep::trust_new: return after_reissue(dir);
    case RotationStep::trust_both:
      return fmt::format("Step 1 was begun and not finished: wxsec certs rotate-ca --dir {}\n",
                         dir);
  }
  return "";
}

// Their holders have them as files, and nobody here can bring them new ones.
std::string handed_out_lines(const RotateReport& report, const Context& context) {
  if (report.handed_out.empty()) return "";
  std::string text;
  for (const certs::HandedOut& one : report.handed_out)
    text += fmt::format("  {} {} {}, good until {}\n", context.out.doubt("handed out"),
                        core::escape_terminal(one.name), one.serial, core::rfc3339(one.not_after));
  return text + (report.next
                     ? "These are files of the old authority: have each request signed anew "
                       "('wxsec certs sign') and\nbring the result to its holder; the next "
                       "step shuts out who still has the old one.\n"
                     : "These are files of the old authority: their holders are shut out "
                       "now, until each request is\nsigned anew ('wxsec certs sign').\n");
}

std::string render(const RotateReport& report, const Words& words, const Context& context) {
  std::string text = fmt::format("trusted here: {}", context.out.bold(report.trust));
  if (!report.new_root.empty())
    text += fmt::format("   A: {}   B: {}", core::escape_terminal(report.old_root),
                        core::escape_terminal(report.new_root));
  text += "\n";
  if (report.reissued)
    text +=
        fmt::format("{} identities moved to the new authority\n", report.reissued->items.size());
  for (const std::string& name : report.revoked)
    text += fmt::format("  {} {}: it was revoked, and stays with the old authority\n",
                        context.out.doubt("not moved"), core::escape_terminal(name));
  text += handed_out_lines(report, context);
  for (const std::string& line : report.proofs)
    text += fmt::format("  {} {}\n", context.out.good("proven"), core::escape_terminal(line));
  for (const std::string& line : report.not_proven)
    text += fmt::format("  {} {}\n", context.out.doubt("not proven"), core::escape_terminal(line));
  return text + "\n" + advice(report, core::escape_terminal(words.dir));
}

void warn_of_servers(const RotateReport& report, const Context& context) {
  if (report.untold.empty()) return;
  context.warn(fmt::format(
      "nobody was told: what runs still serves the old authority's certificate of {}; tell it with "
      "--step reissue, --reload NAME=pid:N and --verify NAME=URL",
      core::escape_terminal(fmt::format("{}", fmt::join(report.untold, ", ")))));
}

void warn_of_untold(const Words& words, const RotateReport& report, const Context& context) {
  if (report.done.empty() || !words.services.reloads.empty()) return;
  context.warn(fmt::format(
      "no service was told: run 'wxsec certs rotate-ca --dir {} --step {} --reload broker=pid:N "
      "--verify broker=mqtts://HOST:PORT', likewise for the API; or restart Mosquitto and reload "
      "the API now",
      core::shell_word(words.dir), certs::rotation_step_text(report.done.back())));
}

Exit execute(const Words& words, const Context& context) {
  const auto report = run(words, context);
  if (!report) return context.failed(report.error());
  context.print(context.json ? json_text(to_json(*report)) : render(*report, words, context));
  if (report->next == RotationStep::trust_new) warn_of_servers(*report, context);
  warn_of_untold(words, *report, context);
  return Exit::fine;
}

void add_options(CLI::App& app, Words& words) {
  add_dir(app, words.dir);
  CLI::Option* const step =
      app.add_option("--step", words.step,
                     "trust-both, reissue or trust-new; default the next one, as noted in "
                     "DIR/rotation.json")
          ->type_name("STEP");
  app.add_flag("--automatic", words.automatic,
               "all steps that are left, at once: where no device keeps copies of its own")
      ->excludes(step);
  app.add_flag("--untold", words.untold,
               "go on though no service was told of both authorities, or a server not of its new "
               "certificate: where none is running");
  app.add_flag("--status", words.status, "how far it has come; does nothing");
  add_services(app, words.services,
               "NAME=mqtts://HOST:PORT or https://: must serve the new serial, and let in and shut "
               "out whom it should; repeatable",
               "10s");
  add_ca_passphrase(app, words.passphrase);
}

}  // namespace

void add_certs_rotate(CLI::App& certs_app, Context& context) {
  CLI::App* const app = certs_app.add_subcommand(
      "rotate-ca",
      "a new authority takes over, in three steps, and nobody is shut out by it; its keys are "
      "encrypted where the old ones are");
  const auto words = std::make_shared<Words>();
  add_options(*app, *words);
  add_json(*app, context);
  add_help_footer(
      *app,
      {"wxsec certs rotate-ca  # trusts both; then bring ca.pem to the devices",
       "wxsec certs rotate-ca --status",
       "wxsec certs rotate-ca --automatic --untold --json  # while no service runs"},
      "0 the step is done; 2 usage, not that step's turn, not all were told; 3 a service "
      "does not do what "
      "it should, a failed reload, no authority, busy: run it again");
  on_run(*app, context, [&context, words] { return execute(*words, context); });
}

}  // namespace wxsec::cmd
