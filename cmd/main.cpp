// The list of commands, and how an outcome becomes an exit code.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "cmd/command_table.h"
#include "cmd/command_tree.h"
#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/help/help.h"
#include "cmd/help/suggest.h"
#include "cmd/options.h"
#include "cmd/version.h"

namespace wxsec::cmd {
namespace {

// clang-format off
constexpr Command kCommands[] = {  // those of one group stand together
    {"lab", "The whole session", add_lab},
    {"explain", "The whole session", add_explain},
    {"certs", "Set up and run", add_certs},
    {"broker", "Set up and run", add_broker},
    {"station", "Set up and run", add_station},
    {"api", "Set up and run", add_api},
    {"sniff", "Look and attack", add_sniff},
    {"attack", "Look and attack", add_attack},
    {"help", "This program", add_help},
    {"completion", "This program", add_completion},
    {"man", "This program", add_man},
    {"version", "This program", add_version},
};
// clang-format on

// What holds for every command, so that no command has to say it: global options may stand
// anywhere, and a command that holds others wants exactly one of them.
void settle(CLI::App& app) {
  const auto children = app.get_subcommands([](CLI::App*) { return true; });
  if (!children.empty()) app.require_subcommand(1);
  for (CLI::App* child : children) {
    if (child->get_group() == "Subcommands") child->group("Commands");
    child->fallthrough();
    settle(*child);
  }
}

void describe(CLI::App& app, Context& context) {
  app.description(
      "certificates and security for weather networks: MQTT and HTTPS, made secret, kept alive, "
      "and proved");
  app.set_help_flag("-h,--help", "show this text");
  app.set_version_flag("--version", std::string("wxsec ") + WXSEC_VERSION, "show the version");
  app.formatter_fn([&context](const CLI::App* which, const std::string&, CLI::AppFormatMode) {
    const int columns = std::min(term::width_of(stdout), 100);
    return render_help(command_text(*which), context.out, columns);
  });
  add_global_options(app, context);
  add_commands(app, context, kCommands);
  settle(app);
  add_help_footer(
      app,
      {"wxsec lab --out report         # the whole session; then open report/report.html",
       "wxsec explain mqtt-risks       # why, in a page",
       "wxsec help certs init          # one command's options and examples"},
      "0 fine, 1 findings, 2 usage, 3 the environment refused (permission, connection, "
      "missing program or file), 4 a bug of ours, 5 not authorised, 130 interrupted");
}

int run(int argc, char** argv) {
  auto stop = core::StopOnSignals::install();
  if (!stop) return static_cast<int>(Exit::internal);
  Context context{.stop = *stop,
                  .clock = core::system_clock(),
                  .out = term::style_for(stdout, term::Colour::automatic),
                  .err = term::style_for(stderr, term::Colour::automatic),
                  .asked = asked_words(argc, argv)};
  CLI::App app;
  app.name("wxsec");
  describe(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    // CLI11 stops here, before it has looked at what else was asked for.
    const bool json = std::any_of(
        argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    context.print(json ? version_json() : std::string(version.what()) + "\n");
  } catch (const CLI::Success&) {
    context.print(app.help());
  } catch (const CLI::ParseError& error) {
    if (argc == 1) std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(context.failed(explain_parse_error(app, error)));
  }
  return static_cast<int>(context.exit);
}

}  // namespace
}  // namespace wxsec::cmd

// Paho takes http_proxy and https_proxy, even empty ones, for MQTT as well: the connection would go
// to a proxy, or nowhere, without a word. No part of wxsec uses a proxy. Before the first thread,
// since the environment is not safe to change later.
int main(int argc, char** argv) {
  ::unsetenv("http_proxy");
  ::unsetenv("https_proxy");
  return wxsec::cmd::run(argc, argv);
}
