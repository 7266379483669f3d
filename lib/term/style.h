// Colour for people: only on a terminal, never the only carrier of meaning, off with NO_COLOR.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace wxsec::term {

enum class Colour { automatic, always, never };

// Wraps text in SGR sequences, or returns it as it is. Text must already be escaped for a terminal.
class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}

  bool colour() const { return colour_; }
  std::string bold(std::string_view text) const { return wrap("1", text); }
  std::string dim(std::string_view text) const { return wrap("2", text); }
  std::string red(std::string_view text) const { return wrap("31", text); }
  std::string green(std::string_view text) const { return wrap("32", text); }
  std::string yellow(std::string_view text) const { return wrap("33", text); }
  std::string blue(std::string_view text) const { return wrap("34", text); }
  std::string cyan(std::string_view text) const { return wrap("36", text); }
  // The verdict colours: what is fine, doubtful, wrong.
  std::string good(std::string_view text) const { return wrap("1;32", text); }
  std::string doubt(std::string_view text) const { return wrap("1;33", text); }
  std::string bad(std::string_view text) const { return wrap("1;31", text); }

 private:
  std::string wrap(std::string_view code, std::string_view text) const;
  bool colour_;
};

// By `choice`; automatic asks whether `stream` is a terminal and NO_COLOR (no-color.org: any
// non-empty value) and TERM=dumb are absent.
Style style_for(std::FILE* stream, Colour choice);

bool is_terminal(std::FILE* stream);

// Columns of the terminal behind `stream`; 80 if it is none, never under 40.
int width_of(std::FILE* stream);

}  // namespace wxsec::term
