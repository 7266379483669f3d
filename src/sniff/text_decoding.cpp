// Lenient: what is not properly encoded stays as it is written.
#include "src/sniff/text_decoding.h"

namespace wxsec::sniff {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// Calls `put(byte, place)` for each byte that comes out.
template <class Put>
void each_percent(std::string_view text, const Put& put) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    const bool encoded = text[i] == '%' && high >= 0 && low >= 0;
    put(encoded ? static_cast<char>(high * 16 + low) : text[i], i);
    if (encoded) i += 2;
  }
}

// The letter behind a backslash, which stands at `i`; moves to its last byte.
template <class Put>
void put_escaped(std::string_view text, std::size_t& i, const Put& put) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kValues = "\b\f\n\r\t";
  const std::size_t place = i;
  const char c = text[++i];
  const std::size_t named = kNames.find(c);
  const bool ascii = c == 'u' && text.substr(i + 1).starts_with("00") && i + 4 < text.size();
  const int high = ascii ? hex_value(text[i + 3]) : -1;
  const int low = ascii ? hex_value(text[i + 4]) : -1;
  if (high >= 0 && high < 8 && low >= 0) {
    put(static_cast<char>(high * 16 + low), place);
    i += 4;
  } else if (c == 'u') {
    put('\\', place);
    put('u', i);
  } else {
    put(named == std::string_view::npos ? c : kValues[named], place);
  }
}

template <class Put>
void each_json(std::string_view text, const Put& put) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      put(text[i], i);
    } else {
      put_escaped(text, i, put);
    }
  }
}

template <class Each>
Decoded placed(std::string_view text, const Each& each) {
  Decoded out;
  each(text, [&](char c, std::size_t place) {
    out.text.push_back(c);
    out.from.push_back(place);
  });
  out.from.push_back(text.size());
  return out;
}

}  // namespace

std::string decode_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  each_percent(text, [&](char c, std::size_t) { out.push_back(c); });
  return out;
}

std::string decode_form(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) c = c == '+' ? ' ' : c;
  return spaced.find('%') == std::string::npos ? spaced : decode_percent(spaced);
}

std::string decode_json(std::string_view text) {
  std::string out;
  each_json(text, [&](char c, std::size_t) { out.push_back(c); });
  return out;
}

Decoded decode_form_placed(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) c = c == '+' ? ' ' : c;
  return placed(spaced, [](std::string_view from, const auto& put) { each_percent(from, put); });
}

Decoded decode_json_placed(std::string_view text) {
  return placed(text, [](std::string_view from, const auto& put) { each_json(from, put); });
}

}  // namespace wxsec::sniff
