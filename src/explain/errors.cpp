// Error messages in this trade say what a function noticed, not what is wrong: "wrong version
// number" means that somebody spoke HTTP, "handshake failure" that a client certificate is missing.
// This is the dictionary. Entries are tried from the top, so what names a single cause stands
// before what only wraps it: `curl: (60)` is last, because the words behind it say more.
#include "src/explain/errors.h"

#include <algorithm>
#include <string>

#include "src/explain/error_tables.h"

namespace wxsec::explain {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool contains(std::string_view text, std::string_view part) {
  const auto it = std::search(text.begin(), text.end(), part.begin(), part.end(),
                              [](char a, char b) { return lower(a) == lower(b); });
  return !part.empty() && it != text.end();
}

template <class Matches>
bool any_alternative(std::string_view pattern, Matches matches) {
  while (!pattern.empty()) {
    const std::size_t bar = pattern.find('|');
    if (matches(pattern.substr(0, bar))) return true;
    pattern.remove_prefix(bar == std::string_view::npos ? pattern.size() : bar + 1);
  }
  return false;
}

std::vector<KnownError> join() {
  std::vector<KnownError> all;
  for (const auto table : {verification_errors(), openssl_errors(), mqtt_errors(), client_errors()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace

std::span<const KnownError> known_errors() {
  static const std::vector<KnownError> all = join();
  return all;
}

const KnownError* find_error(std::string_view message) {
  for (const KnownError& error : known_errors()) {
    const auto occurs = [message](std::string_view part) { return contains(message, part); };
    if (any_alternative(error.pattern, occurs)) return &error;
  }
  return nullptr;
}

const KnownError* find_error_by_part(std::string_view part) {
  constexpr std::size_t kShortestPart = 6;  // shorter ones occur everywhere
  if (part.size() < kShortestPart) return nullptr;
  for (const KnownError& error : known_errors()) {
    const auto holds = [part](std::string_view whole) { return contains(whole, part); };
    if (any_alternative(error.pattern, holds)) return &error;
  }
  return nullptr;
}

}  // namespace wxsec::explain
