// Text broken into lines at spaces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wxsec::report {

// Lines of at most `columns` code points; a longer word gets a line of its own, whole, so that
// paths and commands can be copied. At least one line, which may be empty.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

}  // namespace wxsec::report
