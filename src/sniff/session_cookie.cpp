// Random text jumps between digits, capitals and small letters; words, dates and version numbers,
// of which settings are made, stay with one kind for a while. Jumps are counted, not entropy: a
// short text has little of that, whatever it is.
#include "src/sniff/session_cookie.h"

#include <algorithm>
#include <array>
#include <string>

#include "src/sniff/secret_names.h"
#include "src/sniff/text_decoding.h"

namespace wxsec::sniff {
namespace {

constexpr std::size_t kLong = 16;  // 64 bits as hexadecimal digits

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// 0 for what separates words.
int kind_of(char c) {
  if (c >= '0' && c <= '9') return 1;
  if (c >= 'a' && c <= 'z') return 2;
  return c >= 'A' && c <= 'Z' ? 3 : 0;
}

bool looks_random(std::string_view encoded) {
  if (encoded.size() < kLong) return false;
  const std::string value = decode_percent(encoded);
  std::size_t signs = 0;
  std::size_t jumps = 0;
  int last = 0;
  for (const char c : value) {
    const int kind = kind_of(c);
    if (kind == 0) continue;
    jumps += last != 0 && kind != last ? 1U : 0U;
    last = kind;
    ++signs;
  }
  return signs >= kLong && jumps * 4 >= signs && signs * 5 >= value.size() * 4;
}

bool says_nothing(std::string_view value) {
  constexpr std::array<std::string_view, 9> kNothing = {"0",  "1",    "true",    "false", "yes",
                                                        "no", "null", "deleted", "none"};
  const std::string text = lowered(value);
  return value.size() < 2 || std::find(kNothing.begin(), kNothing.end(), text) != kNothing.end();
}

bool is_session_name(std::string_view name) {
  constexpr std::array<std::string_view, 10> kParts = {
      "session", "sessid", "logged_in", "token",       "csrf",
      "xsrf",    "jwt",    "oauth",     "remember_me", "ticket"};
  constexpr std::array<std::string_view, 3> kWords = {"sess", "auth", "sso"};
  const std::string text = lowered(name);
  const auto holds = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  const auto is_word = [&](std::string_view word) {
    return text == word || text.starts_with(std::string(word) + '_') ||
           text.starts_with(std::string(word) + '-') || text.ends_with('_' + std::string(word)) ||
           text.ends_with('-' + std::string(word)) || text.ends_with('.' + std::string(word));
  };
  return text.ends_with("sid") || std::any_of(kParts.begin(), kParts.end(), holds) ||
         std::any_of(kWords.begin(), kWords.end(), is_word) || is_secret_name(name);
}

}  // namespace

bool is_session_cookie(std::string_view name, std::string_view value) {
  if (says_nothing(value)) return false;
  return looks_random(value) || is_session_name(name);
}

bool deletes_cookie(std::string_view attributes) {
  const std::string text = lowered(attributes);
  std::string bare;
  std::copy_if(text.begin(), text.end(), std::back_inserter(bare), [](char c) { return c != ' '; });
  return bare.find(";max-age=0") != std::string::npos ||
         bare.find(";max-age=-") != std::string::npos ||
         (bare.find(";expires=") != std::string::npos && bare.find("1970") != std::string::npos);
}

}  // namespace wxsec::sniff
