// The style sheet of our pages, for html.cpp alone.
#pragma once

#include <string_view>

namespace wxsec::report {

extern const std::string_view kStyleSheet;

}  // namespace wxsec::report
