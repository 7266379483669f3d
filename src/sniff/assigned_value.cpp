// A password may hold whatever a program holds: "tr(ee42", "my home", "Kestrel;". So a program is
// only what has the whole shape of one, and what has half of it is left in doubt.
#include "src/sniff/assigned_value.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "lib/proto/http_message.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::sniff {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins_with_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.starts_with(word); });
}

// Where a name with dots ends that `text` begins with; 0 where it begins with none.
std::size_t name_end(std::string_view text) {
  if (text.empty() || !is_letter(text.front())) return 0;
  const auto end = std::find_if_not(text.begin(), text.end(),
                                    [](char c) { return is_letter(c) || is_digit(c) || c == '.'; });
  return static_cast<std::size_t>(end - text.begin());
}

// "name(...)" or "name[...]". Only what is said within tells a call from a password with brackets.
Assigned call_or_index(std::string_view text, Assigned otherwise) {
  const std::size_t open = name_end(text);
  if (open == 0 || open == text.size() || (text[open] != '(' && text[open] != '['))
    return otherwise;
  if (text.back() != ')' && text.back() != ']') return otherwise;
  const bool said = text.find_first_of("\"'=", open) != text.npos;
  return said ? Assigned::program : Assigned::doubtful;
}

// "pass = NOAA 19 at 12:03", "auth = wpa2 psk", "token = a + b": a passphrase has another name.
bool is_phrase_of_others(std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 3> kNames = {"pass", "auth", "token"};
  return value.find_first_of(" \t") != value.npos &&
         std::any_of(kNames.begin(), kNames.end(), [&](std::string_view ending) {
           return name.size() >= ending.size() &&
                  proto::equals_ignoring_case(name.substr(name.size() - ending.size()), ending);
         });
}

// token = next_token; or list[0].value;
bool is_statement(std::string_view ended) {
  return std::none_of(ended.begin(), ended.end(), is_digit) ||
         ended.find_first_of("[(") != ended.npos;
}

}  // namespace

Assigned assigned(std::string_view name, std::string_view value) {
  if (value.empty() || value.front() == '"' || value.front() == '\'') return Assigned::setting;
  Assigned otherwise = Assigned::setting;
  // "password = not set", as logs have it.
  if (begins_with_one_of(value, {"not ", "is ", "must "}) || is_phrase_of_others(name, value))
    otherwise = Assigned::doubtful;
  if (value.back() == ';') {
    value = trim_blanks(value.substr(0, value.size() - 1));
    if (is_statement(value)) otherwise = Assigned::doubtful;
  }
  if (begins_with_one_of(value, {"new ", "await "}))
    value = trim_blanks(value.substr(value.find(' ')));
  return call_or_index(value, otherwise);
}

}  // namespace wxsec::sniff
