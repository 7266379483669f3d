// Columns that line up, counted in code points and blind to colour sequences.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/term/style.h"

namespace wxsec::term {

// Code points of `text` that take a place on the screen: SGR sequences take none.
std::size_t display_width(std::string_view text);

// `text` followed by spaces up to `width`; longer text stays as it is.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  // Cells may carry colour; missing ones are empty, surplus ones dropped.
  void row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // Lines ending in newlines; the header bold; two spaces between columns, none at line ends.
  std::string render(const Style& style) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace wxsec::term
