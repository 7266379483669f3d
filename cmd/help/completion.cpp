// `wxsec completion SHELL`.
#include "cmd/help/completion.h"

#include <memory>

#include "cmd/commands.h"
#include "cmd/options.h"

namespace wxsec::cmd {

std::string words_of(const OptionText& option) {
  if (option.files) return "files";
  if (option.directories) return "directories";
  std::string words;
  for (const auto& choice : option.choices) words += (words.empty() ? "" : " ") + choice;
  return words.empty() ? "-" : words;
}

void add_completion(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("completion", "print a completion script for a shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "the shell that shall complete")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_help_footer(*command,
                  {"wxsec completion bash > wxsec.bash # then: source wxsec.bash",
                   "wxsec completion zsh > _wxsec      # in a directory of $fpath",
                   "wxsec completion fish > wxsec.fish # in ~/.config/fish/completions"},
                  "0 fine, 2 not a shell that we know");
  on_run(*command, context, [&app, &context, shell] {
    const CommandText root = command_text(app);
    context.print(*shell == "bash"  ? bash_completion(root)
                  : *shell == "zsh" ? zsh_completion(root)
                                    : fish_completion(root));
    return Exit::fine;
  });
}

}  // namespace wxsec::cmd
