// Bash knows only words. The script holds three tables, as case statements on the command typed so
// far: its commands, its options, and what follows an option ("files", "directories", a list of
// words, or "-" for anything). The walker finds the command, skipping the values of options, and
// answers with the table's row. Bash splits words at '=', so --color=al arrives as three words.
#include <fmt/core.h>

#include "cmd/help/completion.h"

namespace wxsec::cmd {
namespace {

constexpr std::string_view kWalker = R"bash(
_wxsec() {
  local at=wxsec current=${COMP_WORDS[COMP_CWORD]} word expects= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then continue
    elif [[ -n $expects ]]; then expects=
    elif [[ $word == -* ]]; then expects=$(_wxsec_value "$at" "$word")
    elif [[ " $(_wxsec_commands "$at") " == *" $word "* ]]; then at+=" $word"
    fi
  done
  [[ $current == '=' ]] && current=
  if [[ -z $expects && $current == -* ]]; then
    expects="$(_wxsec_options "$at") $(_wxsec_options wxsec)"
  elif [[ -z $expects ]]; then
    expects="$(_wxsec_commands "$at") $(_wxsec_value "$at" '')"
  fi
  case ${expects# } in
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    -) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$expects" -- "$current") ;;
  esac
}
complete -F _wxsec wxsec
)bash";

struct Tables {
  std::string commands;
  std::string options;
  std::string values;
};

void fill(const CommandText& command, Tables& tables) {
  std::string commands;
  std::string options;
  for (const auto& child : command.commands) commands += child.name + " ";
  for (const auto& option : command.options) {
    const std::string words = words_of(option);
    if (option.kind == OptionKind::positional) {
      if (words != "-")
        tables.values += fmt::format("    '{} ') echo '{}' ;;\n", command.path, words);
      continue;
    }
    for (const auto& name : option.names) {
      options += name + " ";
      if (option.kind == OptionKind::value)
        tables.values += fmt::format("    '{} {}') echo '{}' ;;\n", command.path, name, words);
    }
  }
  if (!commands.empty())
    tables.commands += fmt::format("    '{}') echo '{}' ;;\n", command.path, commands);
  tables.options += fmt::format("    '{}') echo '{}' ;;\n", command.path, options);
  for (const auto& child : command.commands) fill(child, tables);
}

std::string table(const char* name, const char* subject, const std::string& rows) {
  return fmt::format("\n_wxsec_{}() {{\n  case \"{}\" in\n{}  esac\n}}\n", name, subject, rows);
}

}  // namespace

std::string bash_completion(const CommandText& root) {
  Tables tables;
  fill(root, tables);
  // An option of every command counts wherever it stands.
  std::string everywhere;
  for (const auto& option : root.options) {
    if (option.kind != OptionKind::value) continue;
    for (const auto& name : option.names)
      everywhere += fmt::format("    *' {}') echo '{}' ;;\n", name, words_of(option));
  }
  return "# bash completion for wxsec, made by: wxsec completion bash\n" +
         table("commands", "$1", tables.commands) + table("options", "$1", tables.options) +
         table("value", "$1 $2", tables.values + everywhere) + std::string(kWalker);
}

}  // namespace wxsec::cmd
