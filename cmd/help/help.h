// The text of --help, rendered from the command tree.
#pragma once

#include <string>

#include "cmd/command_tree.h"
#include "lib/term/style.h"

namespace wxsec::cmd {

// Lines of at most `columns`, except examples, which stay whole so that they can be copied.
std::string render_help(const CommandText& command, const term::Style& style, int columns);

}  // namespace wxsec::cmd
