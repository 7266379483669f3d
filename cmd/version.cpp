#include "cmd/version.h"

#include <fmt/core.h>

#include "cmd/commands.h"
#include "cmd/options.h"

namespace wxsec::cmd {

std::string version_json() { return fmt::format("{{\"version\": \"{}\"}}\n", WXSEC_VERSION); }

void add_version(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("version", "print the version");
  add_json(*command, context);
  add_help_footer(*command, {"wxsec version", "wxsec version --json", "wxsec --version"},
                  "0 always");
  on_run(*command, context, [&context] {
    context.print(context.json ? version_json() : fmt::format("wxsec {}\n", WXSEC_VERSION));
    return Exit::fine;
  });
}

}  // namespace wxsec::cmd
