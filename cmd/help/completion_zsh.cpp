// Zsh shows a description beside each word: the tables hold 'name:description' for _describe. The
// walker is that of bash.
#include <fmt/core.h>

#include "cmd/help/completion.h"

namespace wxsec::cmd {
namespace {

constexpr std::string_view kWalker = R"zsh(
_wxsec() {
  local at=wxsec word expects= i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n $expects ]]; then expects=; continue; fi
    if [[ $word == -* ]]; then
      [[ $word == *=* ]] || expects=$(_wxsec_value "$at" "$word")
    else
      _wxsec_tables "$at"
      [[ -n ${(M)commands:#$word:*} ]] && at+=" $word"
    fi
  done
  _wxsec_tables "$at"
  if [[ -z $expects && ${words[CURRENT]} == -*=* ]]; then
    expects=$(_wxsec_value "$at" "${words[CURRENT]%%=*}")
    compset -P '*='
  elif [[ -z $expects && ${words[CURRENT]} == -* ]]; then
    _describe -o option options
    return
  fi
  if [[ -z $expects ]]; then
    (( ${#commands} )) && { _describe command commands; return }
    expects=$(_wxsec_value "$at" '')
  fi
  case $expects in
    files) _files ;;
    directories) _files -/ ;;
    -) ;;
    *) compadd -- ${=expects} ;;
  esac
}

if [[ ${funcstack[1]} == _wxsec ]]; then _wxsec "$@"; else compdef _wxsec wxsec; fi
)zsh";

// In single quotes; a colon would end the name.
std::string described_word(const std::string& name, const std::string& description) {
  std::string out = "'";
  for (const char c : name) out += c == ':' ? "\\:" : std::string(1, c);
  out += ':';
  for (const char c : description) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

void add_options(const CommandText& command, std::string& options) {
  for (const auto& option : command.options) {
    if (option.kind == OptionKind::positional) continue;
    for (const auto& name : option.names)
      options += "\n        " + described_word(name, option.description);
  }
}

void fill(const CommandText& command, const CommandText& root, std::string& rows,
          std::string& values) {
  std::string commands;
  std::string options;
  for (const auto& child : command.commands)
    commands += "\n        " + described_word(child.name, child.description);
  add_options(command, options);
  if (&command != &root) add_options(root, options);
  rows += fmt::format("    '{}')\n      commands=({})\n      options=({}) ;;\n", command.path,
                      commands, options);
  for (const auto& option : command.options) {
    const std::string words = words_of(option);
    if (option.kind == OptionKind::flag || (option.kind == OptionKind::positional && words == "-"))
      continue;
    const bool positional = option.kind == OptionKind::positional;
    for (const auto& name : positional ? std::vector<std::string>{""} : option.names) {
      const std::string where = &command == &root ? "*' " : "'" + command.path + " ";
      values += fmt::format("    {}{}') echo '{}' ;;\n", where, name, words);
    }
  }
  for (const auto& child : command.commands) fill(child, root, rows, values);
}

}  // namespace

std::string zsh_completion(const CommandText& root) {
  std::string rows;
  std::string values;
  fill(root, root, rows, values);
  return "#compdef wxsec\n# zsh completion for wxsec, made by: wxsec completion zsh\n\n" +
         fmt::format("_wxsec_tables() {{\n  case $1 in\n{}  esac\n}}\n\n", rows) +
         fmt::format("_wxsec_value() {{\n  case \"$1 $2\" in\n{}  esac\n}}\n", values) +
         std::string(kWalker);
}

}  // namespace wxsec::cmd
