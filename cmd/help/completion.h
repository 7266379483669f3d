// Completion scripts for three shells, each a table made from the command tree and a small walker.
#pragma once

#include <string>

#include "cmd/command_tree.h"

namespace wxsec::cmd {

// What may follow an option: "files", "directories", the words of a list, or "-" for anything.
std::string words_of(const OptionText& option);

std::string bash_completion(const CommandText& root);
std::string zsh_completion(const CommandText& root);
std::string fish_completion(const CommandText& root);

}  // namespace wxsec::cmd
