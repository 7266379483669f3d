// Fish wants one `complete` line per word, with a condition. The condition is a function of ours
// that walks the words typed so far along the list of commands.
#include <fmt/core.h>

#include "cmd/help/completion.h"

namespace wxsec::cmd {
namespace {

constexpr std::string_view kWalker = R"fish(
function __wxsec_at --description 'Is this command the one typed so far?'
    set -l at wxsec
    for word in (commandline --tokens-expanded --cut-at-cursor 2>/dev/null; or commandline -opc)[2..]
        contains -- "$at $word" $__wxsec_commands; and set at "$at $word"
    end
    test "$at" = "$argv[1]"
end

complete -c wxsec -f
)fish";

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return out + "'";
}

std::string argument_of(const OptionText& option) {
  const std::string words = words_of(option);
  if (words == "files") return " -F";
  if (words == "directories") return " -a '(__fish_complete_directories)'";
  return words == "-" ? "" : " -a " + fish_quoted(words);
}

std::string option_line(const std::string& condition, const OptionText& option) {
  if (option.kind == OptionKind::positional) {
    const std::string argument = argument_of(option);
    return argument.empty() ? "" : fmt::format("complete -c wxsec{}{}\n", condition, argument);
  }
  std::string line = "complete -c wxsec" + condition;
  for (const auto& name : option.names)
    line += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (option.kind == OptionKind::value) line += " -r" + argument_of(option);
  return line + " -d " + fish_quoted(option.description) + "\n";
}

void fill(const CommandText& command, const CommandText& root, std::string& paths,
          std::string& lines) {
  paths += " " + fish_quoted(command.path);
  const std::string here = fmt::format(" -n \"__wxsec_at '{}'\"", command.path);
  for (const auto& child : command.commands) {
    lines += fmt::format("complete -c wxsec{} -a {} -d {}\n", here, child.name,
                         fish_quoted(child.description));
  }
  const std::string condition = &command == &root ? "" : here;
  for (const auto& option : command.options) lines += option_line(condition, option);
  for (const auto& child : command.commands) fill(child, root, paths, lines);
}

}  // namespace

std::string fish_completion(const CommandText& root) {
  std::string paths;
  std::string lines;
  fill(root, root, paths, lines);
  return "# fish completion for wxsec, made by: wxsec completion fish\nset -g __wxsec_commands" +
         paths + "\n" + std::string(kWalker) + lines;
}

}  // namespace wxsec::cmd
