// The encodings that text hides behind where it travels as a field.
#pragma once

#include <string>
#include <string_view>

namespace wxsec::sniff {

// %41, as in URLs (RFC 3986 2.1).
std::string decode_percent(std::string_view text);

// application/x-www-form-urlencoded: %41 and plus signs.
std::string decode_form(std::string_view text);

// RFC 8259 7, as far as secrets need it: \u below 0x80 only, others stay as they are written.
std::string decode_json(std::string_view text);

}  // namespace wxsec::sniff
