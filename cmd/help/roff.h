// A manual page, rendered from the command tree.
#pragma once

#include <string>

#include "cmd/command_tree.h"

namespace wxsec::cmd {

// "wxsec-certs-init": page and file name without the section.
std::string page_name(const CommandText& command);

// The page of `command` in man(7) macros; `root` gives what holds for every command.
std::string render_page(const CommandText& command, const CommandText& root);

}  // namespace wxsec::cmd
