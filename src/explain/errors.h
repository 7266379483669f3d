// Cryptic messages of mosquitto, Paho, OpenSSL and curl -> cause and remedy. `broker run` uses it
// on the broker's log, `explain` on what a person pasted.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace wxsec::explain {

struct KnownError {
  std::string_view name;     // short handle: "wrong-version-number"
  std::string_view pattern;  // alternatives separated by '|', each matched as a part, any case
  std::string_view says;     // who prints it
  std::string_view title;    // what it means, in half a sentence
  std::string_view cause;
  std::string_view remedy;
};

// Most specific first.
std::span<const KnownError> known_errors();

// The first whose pattern occurs in `message`; null if none does. The pointer lives for ever.
const KnownError* find_error(std::string_view message);
// The first whose pattern holds `part`, for a message of which only a few words were typed; null
// if none does, or under six characters.
const KnownError* find_error_by_part(std::string_view part);

}  // namespace wxsec::explain
