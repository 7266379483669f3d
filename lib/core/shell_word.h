// A word for a shell's command line: hints are made to be copied.
#pragma once

#include <string>
#include <string_view>

namespace wxsec::core {

// As it is where no shell would take it apart, else in single quotes (POSIX 2.2.2).
std::string shell_word(std::string_view text);

// Texts that cannot know a name say DIR or NAME for it, a word of its own in capitals; whoever
// knows it fills it in: every such `placeholder` becomes shell_word(value).
std::string fill_in(std::string_view text, std::string_view placeholder, std::string_view value);
bool has_placeholder(std::string_view text, std::string_view placeholder);

}  // namespace wxsec::core
