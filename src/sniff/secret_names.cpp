// A name is cut into words, and the words decide. Every secret's name holds one of a few stems, so
// most names, and most whole messages, are told by the stems alone.
#include "src/sniff/secret_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace wxsec::sniff {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr std::size_t kStemSize = 3;

// Zero if the three letters, small or capital, begin one of the words below: each has three of
// these in a row ("cre" is in "secret" and in "credentials"). Without a branch, see below.
unsigned char no_stem(char a, char b, char c) {
  // Makes capitals small, and no letter of anything else.
  const auto first = static_cast<unsigned char>(a | 0x20);
  const auto second = static_cast<unsigned char>(b | 0x20);
  const auto third = static_cast<unsigned char>(c | 0x20);
  unsigned char least = 0xFF;
  const auto compare = [&](const char(&stem)[kStemSize + 1]) {
    least = std::min(least, static_cast<unsigned char>((first ^ stem[0]) | (second ^ stem[1]) |
                                                       (third ^ stem[2])));
  };
  compare("pas");
  compare("pwd");
  compare("pin");
  compare("aut");
  compare("cre");
  compare("tok");
  compare("key");
  compare("psk");
  compare("jwt");
  return least;
}

// Does a stem begin in one of the first kBlock bytes? Two more are there. The compiler makes
// comparisons of sixteen bytes at once out of this.
constexpr std::size_t kBlock = 64;
bool block_holds_stem(const char* bytes) {
  unsigned char least = 0xFF;
  for (std::size_t i = 0; i < kBlock; ++i)
    least = std::min(least, no_stem(bytes[i], bytes[i + 1], bytes[i + 2]));
  return least == 0;
}

// "accessToken", "access_token", "X-Access-Token2": words in lower case, without numbers.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
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

constexpr std::array<std::string_view, 6> kWholeWords = {"pass",       "pin",         "auth",
                                                         "credential", "credentials", "passcode"};
constexpr std::array<std::string_view, 10> kEndings = {
    "password", "passwd", "passphrase", "secret", "token",
    "apikey",   "pwd",    "psk",        "jwt",    "passwort"};
// "api_key", "private key"; a key alone is anything.
constexpr std::array<std::string_view, 6> kKinds = {"api",  "private", "access",
                                                    "auth", "secret",  "encryption"};
// "token_type", "password_policy": about a secret, not one.
constexpr std::array<std::string_view, 17> kAboutSecrets = {
    "type",   "count",    "length",  "expires",  "expiry", "in",       "at",      "url",   "uri",
    "policy", "endpoint", "changed", "required", "hint",   "strength", "enabled", "method"};

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

bool may_hold_secret_name(std::string_view text) {
  constexpr std::size_t kNeeded = kBlock + kStemSize - 1;
  if (text.size() < kNeeded) {
    std::array<char, kNeeded> padded{};
    std::copy(text.begin(), text.end(), padded.begin());
    return block_holds_stem(padded.data());
  }
  const std::size_t last = text.size() - kNeeded;  // may overlap with the one before
  for (std::size_t at = 0; at < last; at += kBlock) {
    if (block_holds_stem(text.data() + at)) return true;
  }
  return block_holds_stem(text.data() + last);
}

bool is_secret_name(std::string_view name) {
  if (!may_hold_secret_name(name)) return false;
  const std::vector<std::string> words = words_of(name);
  if (words.empty() || contains(kAboutSecrets, words.back())) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (contains(kWholeWords, word)) return true;
    if (std::any_of(kEndings.begin(), kEndings.end(),
                    [&](std::string_view ending) { return word.ends_with(ending); }))
      return true;
    if (word == "key" && i > 0 && contains(kKinds, words[i - 1])) return true;
  }
  return false;
}

}  // namespace wxsec::sniff
