// A name is cut into words, and the last secret among them decides with what stands behind it:
// "auth_token" is a token, "token_index" an index, "token_refresh_hours" a time. Words that do not
// say what the field is say whose or which: "token_home_assistant". A "pass" is a chapter of its
// own, see pass_names.h.
#include "src/sniff/secret_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/sniff/pass_names.h"
#include "src/sniff/secret_words.h"

namespace wxsec::sniff {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

using namespace std::string_view_literals;  // their sizes are compared before their letters

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

bool is_pin_number(const Words& words) {
  return words.size() > 1 && words.back() == "number"sv && words[words.size() - 2] == "pin"sv;
}

// Of two small letters a number below 1024.
constexpr std::size_t last_letters(std::string_view word) {
  const auto letter = [&](std::size_t from_end) {
    return static_cast<std::size_t>(word[word.size() - from_end]) & 31U;
  };
  return letter(2) * 32 + letter(1);
}

// How words of all these lists end: most others are told by that alone.
constexpr auto kLastLetters = [] {
  std::array<bool, 1024> out{};
  const auto add = [&](const auto& list) {
    for (const std::string_view word : list) out[last_letters(word)] = true;
  };
  add(kStrong);
  add(kJoined);
  add(kEndings);
  return out;
}();

bool is_strong(std::string_view word) {
  if (word.size() < 3 || !kLastLetters[last_letters(word)]) return false;
  return contains(kStrong, word) || contains(kJoined, word) ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return word.ends_with(ending); });
}

// Whether the word at `at` (and the one before it) is a secret.
bool is_secret_word(const Words& words, std::size_t at) {
  return is_strong(words[at]) ||
         (words[at] == "key"sv && at > 0 && contains(kKinds, words[at - 1]));
}

struct NamedSecret {
  Words words;
  std::size_t count = 0;  // of the words without those of kWhich at the end
  std::size_t at = 0;     // of the last secret among these
};

std::optional<std::size_t> find_secret_word(const Words& words, std::size_t count) {
  if (contains(kWeak, words[count - 1]) || is_pin_number(words)) return count - 1;
  const std::span<const std::string> named(words.data(), count);
  for (std::size_t at = count; at-- > 0;) {
    const bool password = words[at] == "pass"sv && is_password_pass(named, at);
    if (password || is_secret_word(words, at)) return at;
  }
  return std::nullopt;
}

std::optional<NamedSecret> find_secret(std::string_view name) {
  Words words = words_of(name);
  std::size_t count = words.size();
  while (count > 1 && contains(kWhich, words[count - 1])) --count;
  if (count == 0) return std::nullopt;
  const auto at = find_secret_word(words, count);
  if (!at) return std::nullopt;
  return NamedSecret{std::move(words), count, *at};
}

bool is_about(const NamedSecret& secret) {
  const Words& words = secret.words;
  const std::string& last = words.back();
  const std::string_view before = words.size() > 1 ? words[words.size() - 2] : std::string_view();
  if (is_pin_number(words)) return false;
  if (last == "id" || last == "ids") return before != "secret";  // Vault's opens a door
  const auto at = [&](std::size_t index) { return words.begin() + static_cast<long>(index); };
  const auto any = [](auto begin, auto end, const auto& list) {
    return std::any_of(begin, end, [&](const std::string& word) { return contains(list, word); });
  };
  return any(at(secret.at) + 1, at(secret.count), kAboutSecrets) || contains(kAboutSecrets, last) ||
         contains(kAboutSecretsLast, last) || (last == "token" && contains(kPlaces, before)) ||
         (last == "owner" && words[secret.at] == "token") ||  // others have a password of their own
         any(words.begin(), at(secret.at), kQuestions);
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

// "token_of_some_counter: 3600": far behind the secret stand words that nobody knows, and a token
// is longer. What people choose may be as short as "password_guest_wifi: 12345".
bool is_count(std::string_view name, std::string_view value) {
  constexpr std::size_t kLongest = 5;
  if (value.size() > kLongest || value.find_first_not_of("0123456789.") != value.npos) return false;
  const auto secret = find_secret(name);
  return secret && secret->words[secret->at] == "token"sv && secret->count - secret->at > 2;
}

template <std::size_t Size>
bool is_port_of(const std::array<std::string_view, Size>& ports, std::string_view value) {
  return std::any_of(ports.begin(), ports.end(), [&](std::string_view port) {
    const std::size_t digits = value.size() - port.size();
    return value.starts_with(port) && (digits == 1 || digits == 2) &&
           value.find_first_not_of("0123456789", port.size()) == value.npos;
  });
}

// "door_pin": what a person types, or the pin of a board that a door is wired to.
bool is_pin_of_lock(std::string_view name) {
  constexpr auto kLocks = std::to_array<std::string_view>(
      {"door", "gate", "garage", "lock", "unlock", "alarm", "sim", "card", "user", "admin"});
  const Words words = words_of(name);
  return words.size() > 1 && words.back() == "pin"sv && contains(kLocks, words[words.size() - 2]);
}

constexpr std::array<std::string_view, 2> kShortPorts = {"D", "A"};

// "rain_pin: GPIO4": of a board, not of a person.
bool is_port(std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 3> kPorts = {"GPIO", "gpio", "IO"};
  if (!ends_ignoring_case(name, "pin")) return false;
  return is_port_of(kPorts, value) || (is_port_of(kShortPorts, value) && !is_pin_of_lock(name));
}

// "second_pass": a satellite's, or what a form asks for twice.
bool is_numbered_pass(std::string_view name) {
  const auto secret = find_secret(name);
  if (!secret || secret->at + 1 != secret->count || secret->at == 0) return false;
  const std::string& before = secret->words[secret->at - 1];
  return secret->words[secret->at] == "pass"sv && (before == "first"sv || before == "second"sv);
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (!may_hold_secret_name(name)) return false;
  const auto secret = find_secret(name);
  return secret && !is_about(*secret);
}

bool is_doubtful(std::string_view name, std::string_view value) {
  return is_numbered_pass(name) || (is_port_of(kShortPorts, value) && is_pin_of_lock(name));
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
  if (is_port(name, value) || is_count(name, value)) return true;
  const bool number = value.size() < 4 && value.find_first_not_of("0123456789") == value.npos;
  return number && (auth || ends_ignoring_case(name, "pass"));
}

}  // namespace wxsec::sniff
