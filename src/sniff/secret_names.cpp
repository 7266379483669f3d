// A name is cut into words, and the last one decides: "auth_token" is a token, "token_index" an
// index. What does not say what the field is says whose or which: "token_home_assistant".
#include "src/sniff/secret_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace wxsec::sniff {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

using Words = std::vector<std::string>;

// "accessToken", "access_token", "X-Access-Token2": words in lower case, without numbers.
Words words_of(std::string_view name) {
  Words words;
  std::string word;
  bool was_lower = false;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z');
    if ((!letter || (upper && was_lower)) && !word.empty())
      words.push_back(std::exchange(word, {}));
    if (letter) word.push_back(lower(c));
    was_lower = letter && !upper;
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// Words of which the next is taken for what the field is: "auth_provider" is none.
constexpr std::array<std::string_view, 4> kWeak = {"pass", "pin", "auth", "authorization"};
constexpr std::array<std::string_view, 3> kStrong = {"credential", "credentials", "passcode"};
constexpr std::array<std::string_view, 11> kEndings = {
    "password", "passwd", "passphrase", "secret",   "token",  "apikey",
    "pwd",      "psk",    "jwt",        "passwort", "passkey"};
// "api_key", "private key"; a key alone is anything.
constexpr std::array<std::string_view, 10> kKinds = {
    "pass",    "authentication", "application", "app",    "api",
    "private", "access",         "auth",        "secret", "encryption"};
// Behind a secret's name: which one or in which form, but still the secret.
constexpr std::array<std::string_view, 25> kWhich = {
    "pw",     "basic",  "ticket", "cookie", "md",     "digest", "confirm", "confirmation", "again",
    "repeat", "verify", "new",    "old",    "value",  "text",   "plain",   "string",       "data",
    "raw",    "hash",   "code",   "word",   "phrase", "header", "session"};
// "token_type", "password_policy": about a secret, not one.
constexpr std::array<std::string_view, 79> kAboutSecrets = {
    "type",     "mode",      "method",     "methods", "scheme",  "format",   "algorithm", "alg",
    "class",    "version",   "level",      "kind",    "count",   "index",    "length",    "len",
    "size",     "rate",      "max",        "min",     "limit",   "number",   "total",     "expires",
    "expiry",   "expire",    "expiration", "expired", "in",      "at",       "ttl",       "age",
    "time",     "timeout",   "timestamp",  "date",    "seconds", "minutes",  "url",       "uri",
    "endpoint", "server",    "host",       "port",    "domain",  "realm",    "provider",  "issuer",
    "path",     "file",      "policy",     "rules",   "hint",    "strength", "required",  "enabled",
    "disabled", "supported", "valid",      "changed", "set",     "reset",    "used",      "uses",
    "status",   "state",     "result",     "error",   "errors",  "message",  "name",      "user",
    "username", "email",     "role",       "scope",   "through", "page",     "label"};
// "nextPageToken": a place in a list.
constexpr std::array<std::string_view, 4> kPlaces = {"page", "next", "cursor", "continuation"};
// "has_password", "is-token": a question.
constexpr std::array<std::string_view, 9> kQuestions = {
    "has", "is", "use", "uses", "needs", "require", "requires", "show", "forgot"};

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_pin_number(const Words& words) {
  return words.size() > 1 && words.back() == "number" && words[words.size() - 2] == "pin";
}

bool is_about(const Words& words) {
  const std::string& last = words.back();
  const std::string_view before = words.size() > 1 ? words[words.size() - 2] : std::string_view();
  if (is_pin_number(words)) return false;
  if (last == "id" || last == "ids") return before != "secret";  // Vault's opens a door
  return contains(kAboutSecrets, last) || (last == "token" && contains(kPlaces, before)) ||
         contains(kQuestions, words.front());
}

bool is_strong(std::string_view word) {
  return contains(kStrong, word) ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return word.ends_with(ending); });
}

// Whether the word at `at` (and the one before it) is a secret.
bool is_secret_word(const Words& words, std::size_t at) {
  return is_strong(words[at]) || (words[at] == "key" && at > 0 && contains(kKinds, words[at - 1]));
}

bool ends_ignoring_case(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), text.end() - static_cast<long>(ending.size()),
                    [](char a, char b) { return a == lower(b); });
}

template <std::size_t Size>
bool contains_ignoring_case(const std::array<std::string_view, Size>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view one) {
    return one.size() == text.size() && ends_ignoring_case(text, one);
  });
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (!may_hold_secret_name(name)) return false;
  const Words words = words_of(name);
  std::size_t count = words.size();
  while (count > 1 && contains(kWhich, words[count - 1])) --count;
  if (count == 0) return false;
  bool named = contains(kWeak, words[count - 1]) || (count > 1 && words[count - 2] == "pass") ||
               is_pin_number(words);
  for (std::size_t at = 0; at < count && !named; ++at) named = is_secret_word(words, at);
  return named && !is_about(words);
}

bool is_setting(std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 25> kAnswers = {
      "failed",  "failure",  "success", "expired",    "incorrect", "invalid",  "denied",
      "missing", "true",     "false",   "yes",        "no",        "on",       "off",
      "none",    "null",     "nil",     "ok",         "undefined", "required", "optional",
      "enabled", "disabled", "include", "same-origin"};
  constexpr std::array<std::string_view, 19> kSchemes = {
      "basic",   "digest",  "bearer", "ntlm", "plain", "login", "open",
      "wep",     "wpa",     "wpa2",   "wpa3", "tls",   "ssl",   "wpa2-psk",
      "wpa2psk", "wpa-psk", "md5",    "cert", "oauth2"};
  constexpr std::size_t kLongest = 11;
  if (value.size() > kLongest) return false;
  if (contains_ignoring_case(kAnswers, value)) return true;
  const bool auth = ends_ignoring_case(name, "auth");
  if (auth && contains_ignoring_case(kSchemes, value)) return true;
  const bool number = value.size() < 4 && value.find_first_not_of("0123456789") == value.npos;
  return number && (auth || ends_ignoring_case(name, "pass"));
}

}  // namespace wxsec::sniff
