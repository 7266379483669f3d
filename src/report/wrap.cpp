#include "src/report/wrap.h"

#include "lib/term/table.h"

namespace wxsec::report {

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    const std::size_t width = term::display_width(word);
    const bool fits = used == 0 || used + 1 + width <= columns;
    if (!fits) lines.emplace_back();
    if (!fits) used = 0;
    if (used > 0) lines.back() += ' ';
    lines.back() += word;
    used += width + (used > 0 ? 1 : 0);
  }
  return lines;
}

}  // namespace wxsec::report
