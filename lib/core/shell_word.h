// A word for a shell's command line: hints are made to be copied.
#pragma once

#include <string>
#include <string_view>

namespace wxsec::core {

// As it is where no shell would take it apart, else in single quotes (POSIX 2.2.2).
std::string shell_word(std::string_view text);

}  // namespace wxsec::core
