#include "lib/core/shell_word.h"

#include <algorithm>

namespace wxsec::core {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_plain(char c) {
  return is_alphanumeric(c) || std::string_view("_-./:@%+=,").find(c) != std::string_view::npos;
}

bool is_within_word(char c) { return is_alphanumeric(c) || c == '_' || c == '-'; }

// Where the next one begins; npos where there is none.
std::size_t find_placeholder(std::string_view text, std::string_view placeholder) {
  for (std::size_t at = text.find(placeholder); at != std::string_view::npos;
       at = text.find(placeholder, at + 1)) {
    const std::size_t end = at + placeholder.size();
    if ((at == 0 || !is_within_word(text[at - 1])) &&
        (end == text.size() || !is_within_word(text[end])))
      return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string fill_in(std::string_view text, std::string_view placeholder, std::string_view value) {
  const std::string word = shell_word(value);
  std::string out;
  for (std::size_t at = find_placeholder(text, placeholder); at != std::string_view::npos;
       at = find_placeholder(text, placeholder)) {
    out += text.substr(0, at);
    out += word;
    text.remove_prefix(at + placeholder.size());
  }
  return out.append(text);
}

bool has_placeholder(std::string_view text, std::string_view placeholder) {
  return find_placeholder(text, placeholder) != std::string_view::npos;
}

}  // namespace wxsec::core
