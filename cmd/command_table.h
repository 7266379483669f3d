// Commands as a table, of which no more is built than the command line asks for: the options of a
// hundred commands cost more than a short command does.
#pragma once

#include <CLI/CLI.hpp>
#include <span>

#include "cmd/context.h"

namespace wxsec::cmd {

struct Command {
  const char* name;
  const char* group;  // heading in its parent's help; null: the usual one
  void (*add)(CLI::App&, Context&);
};

// The words of the command line up to its first option: "certs", "issue", "field". None where it is
// about other commands (`wxsec help certs init`, `wxsec completion bash`).
std::vector<std::string_view> asked_words(int argc, const char* const* argv);

// Adds the command that `context.asked` names at the depth of `app`, or all of them where it names
// none of them, so that help and suggestions know them all.
void add_commands(CLI::App& app, Context& context, std::span<const Command> commands);

}  // namespace wxsec::cmd
