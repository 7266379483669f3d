// `wxsec help [COMMAND...]`: the same text as COMMAND --help, for those who ask this way round.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/command_tree.h"
#include "cmd/commands.h"
#include "cmd/help/help.h"
#include "cmd/help/suggest.h"
#include "cmd/json_text.h"
#include "cmd/options.h"

namespace wxsec::cmd {

void add_help(CLI::App& app, Context& context) {
  CLI::App* const command = app.add_subcommand("help", "show the help of a command");
  const auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("command", *words, "the command's words, as in: certs init");
  add_json(*command, context);
  add_help_footer(*command, {"wxsec help", "wxsec help explain", "wxsec help certs init --json"},
                  "0 fine, 2 no such command");
  on_run(*command, context, [&app, &context, words] {
    const CommandText root = command_text(app);
    const CommandText* const found = find_command(root, *words);
    if (!found) return context.failed(no_such_command(root, *words));
    if (context.json) {
      context.print(json_text(to_json(*found)));
      return Exit::fine;
    }
    const int columns = std::min(term::width_of(stdout), 100);
    context.print(render_help(*found, context.out, columns));
    return Exit::fine;
  });
}

}  // namespace wxsec::cmd
