// Lenient: what is not properly encoded stays as it is written.
#include "src/sniff/text_decoding.h"

#include <cstddef>

namespace wxsec::sniff {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

std::string decode_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (text[i] == '%' && high >= 0 && low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string decode_form(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) c = c == '+' ? ' ' : c;
  return spaced.find('%') == std::string::npos ? spaced : decode_percent(spaced);
}

std::string decode_json(std::string_view text) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kValues = "\b\f\n\r\t";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    const char c = text[++i];
    const std::size_t named = kNames.find(c);
    const bool ascii = c == 'u' && text.substr(i + 1).starts_with("00") && i + 4 < text.size();
    const int high = ascii ? hex_value(text[i + 3]) : -1;
    const int low = ascii ? hex_value(text[i + 4]) : -1;
    if (high >= 0 && high < 8 && low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 4;
    } else if (c == 'u') {
      out += "\\u";
    } else {
      out.push_back(named == std::string_view::npos ? c : kValues[named]);
    }
  }
  return out;
}

}  // namespace wxsec::sniff
