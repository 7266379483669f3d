// A name is cut into words, and the words decide. Every secret's name holds one of a few stems, so
// most names, and most whole messages, are told by the stems alone.
#include "src/sniff/secret_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace wxsec::sniff {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Sixteen places at once. Spelled out, since a loop over bytes is unrolled by the compiler until
// the registers do not suffice.
constexpr std::size_t kBlock = 16;
using Block [[gnu::vector_size(kBlock)]] = unsigned char;
using Hits [[gnu::vector_size(kBlock)]] = signed char;  // -1 where it is so, else 0

// Capitals made small, and no letter made of anything else.
Block load_lower(const char* bytes) {
  Block out;
  std::memcpy(&out, bytes, kBlock);
  return out | 0x20;
}

// Where one of the words below begins, or rather three letters that each of them has in a row
// ("cre" is in "secret" and in "credentials"). kNeeded bytes are there.
constexpr std::size_t kNeeded = kBlock + 2;
Hits stems(const char* bytes) {
  const Block first = load_lower(bytes);
  const Block second = load_lower(bytes + 1);
  const Block third = load_lower(bytes + 2);
  const Hits pas_pwd_pin_psk =
      (first == 'p') & (((second == 'a') & (third == 's')) | ((second == 'w') & (third == 'd')) |
                        ((second == 'i') & (third == 'n')) | ((second == 's') & (third == 'k')));
  const Hits aut = (first == 'a') & (second == 'u') & (third == 't');
  const Hits cre = (first == 'c') & (second == 'r') & (third == 'e');
  const Hits tok = (first == 't') & (second == 'o') & (third == 'k');
  const Hits key = (first == 'k') & (second == 'e') & (third == 'y');
  const Hits jwt = (first == 'j') & (second == 'w') & (third == 't');
  return pas_pwd_pin_psk | aut | cre | tok | key | jwt;
}

bool any(Hits hits) {
  std::array<std::uint64_t, kBlock / sizeof(std::uint64_t)> words{};
  std::memcpy(words.data(), &hits, kBlock);
  return (words[0] | words[1]) != 0;
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
  if (text.size() < kNeeded) {
    std::array<char, kNeeded> padded{};
    std::copy(text.begin(), text.end(), padded.begin());
    return any(stems(padded.data()));
  }
  const std::size_t last = text.size() - kNeeded;  // may overlap with the one before
  Hits hits = stems(text.data() + last);
  for (std::size_t at = 0; at < last; at += kBlock) hits |= stems(text.data() + at);
  return any(hits);
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
