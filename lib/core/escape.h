// Text from the network or a file, made harmless for where it is shown. Everything that wxsec did
// not write itself passes one of these before it reaches a terminal or a page.
#pragma once

#include <string>
#include <string_view>

namespace wxsec::core {

// Control characters, DEL, C1 controls, broken UTF-8 and bidirectional marks (CVE-2021-42574)
// become \n \t \x1b \u202e style escapes; a backslash is doubled; all other UTF-8 stays as it is.
std::string escape_terminal(std::string_view text);

// & < > " ' become entities; control characters become U+FFFD. Safe in element text and in quoted
// attributes.
std::string escape_html(std::string_view text);

}  // namespace wxsec::core
