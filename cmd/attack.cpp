// `wxsec attack NAME...`: intrusion attempts on one's own set-up.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cmd/command_tree.h"
#include "cmd/commands.h"
#include "cmd/help/help.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/escape.h"
#include "lib/core/file.h"
#include "lib/core/time.h"
#include "lib/term/table.h"
#include "src/attack/coverage.h"
#include "src/attack/run.h"
#include "src/attack/target.h"
#include "src/report/render.h"

namespace wxsec::cmd {
namespace {

using core::Result;
using Json = nlohmann::ordered_json;

struct Words {
  std::vector<std::string> names;
  std::string dir = "certs";
  std::string broker;
  std::string api;
  TlsFiles files;
  std::string revoked_cert, revoked_key;
  std::string interface = "lo";
  std::string listen_for = "1500ms";
  std::string fail_on = "low";
  std::string scope;
  std::vector<std::string> confirm;
  std::string html, sarif, junit;
  bool list = false;
};

Exit list_attempts(const Context& context) {
  Json json = Json::array();
  term::Table table({"attempt", "group", "tries to", "needs"});
  for (const attack::Attempt& attempt : attack::attempts()) {
    std::string needs;
    Json need_list = Json::array();
    for (const attack::Need need : attempt.needs) {
      needs += (needs.empty() ? "" : ", ") + std::string(attack::need_name(need));
      need_list.push_back(attack::need_name(need));
    }
    table.row({context.out.cyan(attempt.name), std::string(group_name(attempt.group)),
               std::string(attempt.title), context.out.dim(needs)});
    json.push_back({{"name", attempt.name},
                    {"group", group_name(attempt.group)},
                    {"title", attempt.title},
                    {"needs", std::move(need_list)}});
  }
  context.print(context.json ? json_text(Json{{"attempts", std::move(json)}})
                             : table.render(context.out));
  return Exit::fine;
}

Result<attack::Target> target_of(const Words& words) {
  attack::TargetOptions options;
  options.dir = words.dir;
  options.broker = words.broker;
  options.api = words.api;
  options.ca = words.files.ca;
  options.operator_ = {words.files.cert, words.files.key};
  options.revoked = {words.revoked_cert, words.revoked_key};
  options.interface = words.interface;
  options.listen_for = WXSEC_TRY(core::parse_duration(words.listen_for));
  return attack::target_from(options);
}

// The name, typed by a person who sees what is about to happen. Not asked where no scope file was
// given: that is refused anyway.
std::string ask_for_name(const Context& context, const std::string& host) {
  context.warn(fmt::format("about to attack {}. Type its name to go on:", host));
  std::array<char, 512> line{};
  if (std::fgets(line.data(), line.size(), stdin) == nullptr) return {};
  std::string typed = line.data();
  while (!typed.empty() && (typed.back() == '\n' || typed.back() == '\r')) typed.pop_back();
  return typed;
}

Result<net::Authority> authority_of(const Context& context, const Words& words,
                                    const attack::Target& target) {
  net::Authority authority;
  authority.typed = words.confirm;
  if (words.scope.empty()) return authority;
  authority.scope = WXSEC_TRY(net::read_scope(words.scope));
  if (!words.confirm.empty() || ::isatty(STDIN_FILENO) == 0) return authority;
  for (const std::string& host : attack::foreign_hosts(target))
    authority.typed.push_back(ask_for_name(context, host));
  return authority;
}

Result<void> write_files(const Words& words, const report::Report& report) {
  const auto write = [](const std::string& path, const std::string& text) -> Result<void> {
    if (path.empty()) return {};
    return core::write_file_atomic(path, text, {});
  };
  WXSEC_TRY(write(words.html, words.html.empty() ? "" : report::render_html(report)));
  WXSEC_TRY(write(words.sarif, words.sarif.empty() ? "" : report::render_sarif(report)));
  return write(words.junit, words.junit.empty() ? "" : report::render_junit(report));
}

Result<Exit> attempt_all(const Context& context, const Words& words) {
  const report::FailOn fail_on = WXSEC_TRY(report::parse_fail_on(words.fail_on));
  const attack::Target target = WXSEC_TRY(target_of(words));
  attack::Options options;
  options.names = words.names;
  options.authority = WXSEC_TRY(authority_of(context, words, target));
  const int width = term::width_of(stdout);
  options.on_start = [&](const attack::Attempt& attempt) {
    if (context.json) context.note(fmt::format("{} ...", attempt.name));
  };
  options.on_check = [&](const report::Check& check) {
    if (!context.json) context.print(report::render_check(check, context.out, width) + "\n");
  };
  attack::Loot loot;
  const report::Report report =
      WXSEC_TRY(attack::run(options, target, loot, context.clock, context.stop.token()));
  WXSEC_TRY(write_files(words, report));
  const report::Verdict verdict = report::judge(report, fail_on);
  context.print(context.json ? report::render_json(report, fail_on)
                             : report::render_verdict(verdict, context.out));
  for (const std::string& gap : report.untested)
    context.error({core::Code::refused, gap, "as long as that is so, nothing is known about it"});
  if (verdict.failed) return Exit::findings;
  return report.untested.empty() ? Exit::fine : Exit::environment;
}

// `wxsec attack plaintext --help` first says what is asked about, then what holds for all of them.
std::string help_of(const CLI::App& command, const CLI::Option& names, const Context& context) {
  const int columns = std::min(term::width_of(stdout), 100);
  const std::string general = render_help(command_text(command), context.out, columns);
  term::Table table({"attempt", "tries to", "needs"});
  std::size_t rows = 0;
  std::string title = "wxsec attack";
  for (const std::string& name : names.results()) {
    title += " " + core::escape_terminal(name);
    for (const attack::Attempt& attempt : attack::attempts()) {
      if (!attack::selected_by(attempt, name)) continue;
      std::string needs;
      for (const attack::Need need : attempt.needs)
        needs += (needs.empty() ? "" : ", ") + std::string(attack::need_name(need));
      table.row({context.out.cyan(attempt.name), std::string(attempt.title), needs});
      ++rows;
    }
  }
  if (rows == 0) return general;
  return title + ": these attempts, one after the other\n\n" + table.render(context.out) + "\n" +
         general;
}

CLI::Option& add_words(CLI::App& command, Words& words) {
  CLI::Option& names = *command
                            .add_option("attempt", words.names,
                                        "attempts or groups: plaintext, tls, certs, impostors, all")
                            ->type_name("NAME...");
  command.add_flag("--list", words.list, "show all attempts and what each needs");
  add_broker(command, words.broker);
  command.add_option("--api", words.api, "API, as https://HOST[:PORT]")->type_name("URL");
  add_dir(command, words.dir);
  add_tls_files(command, words.files);
  command.add_option("--revoked-cert", words.revoked_cert, "a certificate on the revocation list")
      ->type_name("FILE");
  command.add_option("--revoked-key", words.revoked_key, "its private key")->type_name("FILE");
  command.add_option("-i,--interface", words.interface, "where to listen for plaintext")
      ->capture_default_str()
      ->type_name("IFACE");
  command.add_option("--listen-for", words.listen_for, "how long to listen at most")
      ->capture_default_str()
      ->type_name("TIME");
  command.add_option("--fail-on", words.fail_on, "exit 1 from this severity on, or never")
      ->capture_default_str()
      ->type_name("LEVEL");
  command.add_option("--scope", words.scope, "written permission for hosts other than this one")
      ->type_name("FILE");
  command.add_option("--confirm", words.confirm, "the host's name, typed once more")
      ->type_name("HOST");
  command.add_option("--html", words.html, "also write the report as a page")->type_name("FILE");
  command.add_option("--sarif", words.sarif, "also as SARIF 2.1.0")->type_name("FILE");
  command.add_option("--junit", words.junit, "also as JUnit XML")->type_name("FILE");
  return names;
}

}  // namespace

void add_attack(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("attack", "intrusion attempts on your own broker and API");
  const auto words = std::make_shared<Words>();
  const CLI::Option& names = add_words(*command, *words);
  command->formatter_fn(
      [&context, &names](const CLI::App* which, const std::string&, CLI::AppFormatMode) {
        return help_of(*which, names, context);
      });
  add_json(*command, context);
  add_help_footer(
      *command,
      {"wxsec attack --list",
       "wxsec attack plaintext --broker mqtts://localhost:8883  # --dir for the rest",
       "wxsec attack all --json --fail-on high"},
      "0 nothing found at or above --fail-on (single attempts may be inconclusive: see which), "
      "1 findings, 2 usage, 3 the environment, or something that was asked for could not be tested "
      "at all: a broker or API that does not answer, an attempt or group without any conclusion; "
      "--fail-on never does not change that; 5 not authorised");
  on_run(*command, context, [&context, words] {
    if (words->list) return list_attempts(context);
    if (words->names.empty())
      return context.failed(
          {core::Code::usage, "which attempt?", "wxsec attack plaintext, or wxsec attack --list"});
    const auto exit = attempt_all(context, *words);
    return exit ? *exit : context.failed(exit.error());
  });
}

}  // namespace wxsec::cmd
