// A secret that stands in a message, with the place where it stands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxsec::sniff {

// Whether output shows secrets or stars.
enum class Secrets { masked, shown };

struct SecretSeen {
  std::string_view kind;  // "mqtt password", "http basic", "http bearer", "cookie", ...
  std::string name;       // user name, field name, cookie name
  std::string value;      // decoded
  std::string_view raw;   // as it stands in the message: what has to be masked
  bool told = true;       // false: to be masked, but no credential that could be named
};

using SecretsSeen = std::vector<SecretSeen>;

// Appends a secret, unless nothing stands there.
inline void add_secret(SecretsSeen& out, std::string_view kind, std::string_view name,
                       std::string value, std::string_view raw) {
  if (!raw.empty()) out.push_back({kind, std::string(name), std::move(value), raw, true});
}

// The kind of a secret of which only a part is there: half a password opens nothing, and whoever
// tries it should know.
std::string_view cut_kind(std::string_view kind);

// Of what was found from `first` on, takes away what stands within another: several kinds of places
// are looked for in one text, and what is found twice is one credential. In the text's order then.
void drop_repeated(SecretsSeen& out, std::size_t first);

// Appends what has to be masked without being a credential.
inline void add_hidden(SecretsSeen& out, std::string_view raw) {
  if (!raw.empty()) out.push_back({"", "", "", raw, false});
}

}  // namespace wxsec::sniff
