// Building blocks of our self-contained pages: one shell with its style sheet (light, dark and
// print), and pieces that go into it. A type of its own for markup keeps text and markup apart: the
// only way from text to Html escapes it.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "src/report/verdict.h"

namespace wxsec::report {

class Html {
 public:
  Html() = default;
  // Escaped text.
  explicit Html(std::string_view text);
  // Markup of our own, as it is: never with anything from outside in it.
  static Html markup(std::string_view trusted);

  Html& operator+=(const Html& other);
  friend Html operator+(Html left, const Html& right) { return left += right; }
  const std::string& str() const { return markup_; }
  bool empty() const { return markup_.empty(); }

 private:
  std::string markup_;
};

// Colours that mean something; each also has a sign, so that colour is never the only carrier.
enum class Tone { plain, good, doubt, bad };
Tone tone_of(Outcome outcome);
Tone tone_of(Severity severity);

namespace html {

// The whole document: title, a line below it, content. No script, nothing loaded from elsewhere; a
// content security policy in the page says so.
std::string page(std::string_view title, std::string_view subtitle, const Html& body);

Html element(std::string_view tag, const Html& content);  // <tag>content</tag>
Html paragraph(std::string_view text);
Html badge(std::string_view text, Tone tone);
Html code(std::string_view text);             // inline
Html prose(std::string_view text);            // text in which `words like these` become code
Html command(std::string_view command_line);  // a block to copy
Html list(const std::vector<std::string>& items);
// `id` is an anchor of our own making: lower-case letters, digits and hyphens.
Html section(std::string_view id, std::string_view title, const Html& body);
Html card(Tone tone, const Html& body);
// Folded until clicked; printed unfolded.
Html details(std::string_view summary, const Html& body);

struct Tile {
  std::string_view label;
  std::string value;
  Tone tone = Tone::plain;
};
// Numbers in a row at the top of a page.
Html tiles(const std::vector<Tile>& tiles);

// Cells are markup; missing ones are empty.
Html table(const std::vector<std::string>& header, const std::vector<std::vector<Html>>& rows);

// At most `max_bytes`; what an eavesdropper can read is highlighted.
Html hexdump(std::string_view caption, core::ByteView bytes, std::size_t max_bytes);
// Two of them beside each other (below each other on a narrow screen).
Html beside(const Html& left, const Html& right);

// A check with evidence and finding, and a finding alone, as cards.
Html check(const Check& check);
Html finding(const Finding& finding);

}  // namespace html
}  // namespace wxsec::report
