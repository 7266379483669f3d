// What is found in a body, a head field or a target, as "kind|name|value".
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "src/sniff/declared_secrets.h"
#include "src/sniff/header_secrets.h"
#include "src/sniff/masking.h"
#include "src/sniff/text_secrets.h"

namespace wxsec::test {

using Notes = std::vector<std::string>;

// The credentials that were found in `text`; nothing of these, nor of what is only to be hidden, is
// left once it is masked.
inline Notes notes(std::string_view text, const sniff::SecretsSeen& found) {
  Notes out;
  for (const sniff::SecretSeen& one : found) {
    const std::string_view hidden = one.told ? std::string_view(one.value) : one.raw;
    CHECK(sniff::masked_copy(text, found).find(hidden) == std::string::npos);
    if (one.told) out.push_back(std::string(one.kind) + "|" + one.name + "|" + one.value);
  }
  return out;
}

inline Notes body(const std::string& type, const std::string& text) {
  sniff::SecretsSeen found;
  sniff::scan_declared(type, text, found);
  return notes(text, found);
}

// What output shows of `text`.
inline std::string masked(const std::string& type, const std::string& text) {
  sniff::SecretsSeen found;
  sniff::scan_declared(type, text, found);
  return sniff::masked_copy(text, found);
}

inline Notes field(std::string_view name, std::string_view value) {
  sniff::SecretsSeen found;
  sniff::scan_http_field({name, value}, found);
  return notes(value, found);
}

inline Notes target(std::string_view text) {
  sniff::SecretsSeen found;
  sniff::scan_target(text, found);
  return notes(text, found);
}

}  // namespace wxsec::test
