// A topic name must not be able to move the cursor, and a payload must not be able to open a tag.
// Both functions walk UTF-8 by code point (RFC 3629), so that an overlong or broken sequence is
// shown byte by byte instead of being passed on to a terminal that may decode it differently.
#include "lib/core/escape.h"

#include <fmt/core.h>

#include <cstdint>
#include <iterator>

namespace wxsec::core {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // bytes; 0 if the bytes are not UTF-8
};

std::size_t sequence_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Overlong forms, surrogates and values past U+10FFFF are not characters.
bool is_scalar(std::uint32_t value, std::size_t length) {
  if (length == 3) return value >= 0x800 && (value < 0xD800 || value > 0xDFFF);
  if (length == 4) return value >= 0x10000 && value <= 0x10FFFF;
  return true;
}

CodePoint decode(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = sequence_length(lead);
  if (length == 0 || length > text.size()) return {};
  if (length == 1) return {lead, 1};
  std::uint32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0U) != 0x80) return {};
    value = (value << 6) | (byte & 0x3FU);
  }
  return is_scalar(value, length) ? CodePoint{value, length} : CodePoint{};
}

// Marks that reorder or hide text on the screen.
bool is_deceptive(std::uint32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x00AD || c == 0x061C || c == 0x180E || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

void append_terminal(std::string& out, CodePoint c, std::string_view bytes) {
  if (c.value == '\n') {
    out += "\\n";
  } else if (c.value == '\r') {
    out += "\\r";
  } else if (c.value == '\t') {
    out += "\\t";
  } else if (c.value == '\\') {
    out += "\\\\";
  } else if (is_control(c.value)) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", c.value);
  } else if (is_deceptive(c.value)) {
    // As C++ and Python write them.
    if (c.value <= 0xFFFF) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c.value);
    } else {
      fmt::format_to(std::back_inserter(out), "\\U{:08x}", c.value);
    }
  } else {
    out += bytes;
  }
}

void append_html(std::string& out, CodePoint c, std::string_view bytes) {
  switch (c.value) {
    case '&': out += "&amp;"; return;
    case '<': out += "&lt;"; return;
    case '>': out += "&gt;"; return;
    case '"': out += "&quot;"; return;
    case '\'': out += "&#39;"; return;
    case '\n':
    case '\t': out += bytes; return;
    default: break;
  }
  if (is_control(c.value) || is_deceptive(c.value)) {
    out += "\xEF\xBF\xBD";
  } else {
    out += bytes;
  }
}

}  // namespace

std::string escape_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    // What needs nothing is nearly everything.
    std::size_t run = 0;
    while (run < text.size() && text[run] >= 0x20 && text[run] < 0x7F && text[run] != '\\') ++run;
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) return out;
    const CodePoint c = decode(text);
    if (c.length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    append_terminal(out, c, text.substr(0, c.length));
    text.remove_prefix(c.length);
  }
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const CodePoint c = decode(text);
    if (c.length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    append_html(out, c, text.substr(0, c.length));
    text.remove_prefix(c.length);
  }
  return out;
}

}  // namespace wxsec::core
