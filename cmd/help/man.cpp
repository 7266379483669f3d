// `wxsec man`: manual pages from the texts of --help. Packaging writes them all with --all.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/command_tree.h"
#include "cmd/commands.h"
#include "cmd/help/roff.h"
#include "cmd/help/suggest.h"
#include "cmd/json_text.h"
#include "cmd/options.h"
#include "lib/core/file.h"

namespace wxsec::cmd {
namespace {

struct ManArguments {
  std::vector<std::string> words;
  std::string directory;
};

// wxsec.1, wxsec-certs.1, wxsec-certs-init.1 ...: one page per command.
core::Result<void> write_pages(const CommandText& command, const CommandText& root,
                               const core::Path& directory) {
  const core::Path path = directory / (page_name(command) + ".1");
  WXSEC_TRY(core::write_file_atomic(path, render_page(command, root), {.mode = 0644}));
  for (const auto& child : command.commands) WXSEC_TRY(write_pages(child, root, directory));
  return {};
}

core::Result<void> write_all(const CommandText& command, const CommandText& root,
                             const core::Path& directory) {
  WXSEC_TRY(core::make_directories(directory, 0755));
  return write_pages(command, root, directory);
}

Exit run_man(const CommandText& root, const Context& context, const ManArguments& arguments) {
  const CommandText* const command = find_command(root, arguments.words);
  if (!command) return context.failed(no_such_command(root, arguments.words));
  if (!arguments.directory.empty()) {
    if (auto written = write_all(*command, root, arguments.directory); !written)
      return context.failed(written.error());
  } else {
    context.print(context.json ? json_text(to_json(*command)) : render_page(*command, root));
  }
  return Exit::fine;
}

}  // namespace

void add_man(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("man", "print a command's manual page, or write all pages");
  const auto arguments = std::make_shared<ManArguments>();
  command->add_option("command", arguments->words, "the command's words, as in: certs init");
  command->add_option("--all", arguments->directory, "write the page and those below it there")
      ->type_name("DIR");
  add_json(*command, context);
  add_help_footer(*command,
                  {"wxsec man > wxsec.1                # then: man -l wxsec.1",
                   "wxsec man --all man/man1           # every page",
                   "wxsec man explain --json           # the same texts as data"},
                  "0 fine, 2 no such command, 3 cannot write");
  on_run(*command, context,
         [&app, &context, arguments] { return run_man(command_text(app), context, *arguments); });
}

}  // namespace wxsec::cmd
