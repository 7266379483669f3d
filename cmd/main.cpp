// The list of commands, and how an outcome becomes an exit code.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "cmd/commands.h"
#include "cmd/context.h"
#include "cmd/options.h"

namespace wxsec::cmd {
namespace {

using AddCommand = void (*)(CLI::App&, Context&);
constexpr std::array kCommands = {
    AddCommand{add_lab},     AddCommand{add_certs},   AddCommand{add_broker},
    AddCommand{add_station}, AddCommand{add_api},     AddCommand{add_sniff},
    AddCommand{add_attack},  AddCommand{add_explain}, AddCommand{add_version},
};

void describe(CLI::App& app, Context& context) {
  app.description(
      "Certificates and security for weather networks: MQTT and HTTPS, made secret, kept alive, "
      "and proved.");
  app.require_subcommand(1);
  app.fallthrough(false);
  app.set_version_flag("--version", std::string("wxsec ") + WXSEC_VERSION);
  app.failure_message(CLI::FailureMessage::help);
  for (const AddCommand add : kCommands) add(app, context);
}

int run(int argc, char** argv) {
  auto stop = core::StopOnSignals::install();
  if (!stop) return static_cast<int>(Exit::internal);
  Context context{.stop = *stop,
                  .clock = core::system_clock(),
                  .out = term::style_for(stdout, term::Colour::automatic),
                  .err = term::style_for(stderr, term::Colour::automatic)};
  CLI::App app;
  app.name("wxsec");
  describe(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    context.error(
        {core::Code::usage, error.what(), "see 'wxsec --help' or 'wxsec COMMAND --help'"});
    return static_cast<int>(Exit::usage);
  }
  return static_cast<int>(context.exit);
}

}  // namespace
}  // namespace wxsec::cmd

int main(int argc, char** argv) { return wxsec::cmd::run(argc, argv); }
