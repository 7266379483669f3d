// What to say when the command line is not understood.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/command_tree.h"
#include "lib/core/error.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace wxsec::cmd {

// The candidate that a slip of the finger turned into `word` (a letter lost, added, changed or two
// swapped, at most one per three letters); empty if none is so near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// The error of a failed parse in our words, with the nearest name or the list of possible ones.
core::Error explain_parse_error(const CLI::App& root, const CLI::ParseError& error);

// For words that name no command below `root`.
core::Error no_such_command(const CommandText& root, const std::vector<std::string>& words);

// The innermost command that was named on the command line.
const CLI::App& chosen_command(const CLI::App& root);

}  // namespace wxsec::cmd
