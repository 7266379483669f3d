// The frame and the parts of a self-contained HTML page: light and dark, printable, readable
// without colour, no script, nothing fetched. Every function escapes the text it is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"

namespace wxsec::report {

// A whole document. `body` is HTML already; `title` is text.
std::string page(std::string_view title, std::string_view body);

enum class Tone { good, bad, doubt, plain };

// A coloured label whose word says the same: <span class="badge good">HELD</span>.
std::string badge(std::string_view text, Tone tone);

// <p class="lead">, <pre>, <ul> of the texts; an empty list gives nothing.
std::string paragraph(std::string_view text);
std::string code_block(std::string_view text);
std::string bullet_list(const std::vector<std::string>& texts);

// A hexdump under its title, with the note below; bytes that are readable as text are marked.
std::string hexdump_figure(std::string_view title, core::ByteView bytes, std::string_view note);

// Cells are HTML already.
std::string html_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

// A block that opens on demand, and is always open in print.
std::string details(std::string_view summary, std::string_view body_html);

}  // namespace wxsec::report
