// Numbers from text: whole string, range checked, no locale (std::from_chars).
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace wxsec::core {

// Nothing if `text` is not exactly one number of type T in [low, high].
template <class T>
std::optional<T> parse_number(std::string_view text, T low, T high) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < low || value > high) return std::nullopt;
  return value;
}

}  // namespace wxsec::core
