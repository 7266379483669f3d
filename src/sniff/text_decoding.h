// The encodings that text hides behind where it travels as a field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wxsec::sniff {

// %41, as in URLs (RFC 3986 2.1).
std::string decode_percent(std::string_view text);

// application/x-www-form-urlencoded: %41 and plus signs.
std::string decode_form(std::string_view text);

// RFC 8259 7, as far as secrets need it: \u below 0x80 only, others stay as they are written.
std::string decode_json(std::string_view text);

// Forms and JSON with the place in the encoded text from which each byte came, and its end.
struct Decoded {
  std::string text;
  std::vector<std::size_t> from;
};
Decoded decode_form_placed(std::string_view text);
Decoded decode_json_placed(std::string_view text);

}  // namespace wxsec::sniff
