// What a field holds whose name is a secret's.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "src/sniff/secret_names.h"
#include "src/sniff/secret_seen.h"

namespace wxsec::sniff {

// Appends `value`, which stands in the message as `raw`; in doubt as something to mask only.
inline void add_field(SecretsSeen& out, std::string_view kind, std::string_view name,
                      std::string value, std::string_view raw) {
  if (is_doubtful(name, value)) return add_hidden(out, raw);
  add_secret(out, kind, name, std::move(value), raw);
}

}  // namespace wxsec::sniff
