// Reads tests/vectors/**: a header of "key: value" lines, an empty line, then hexadecimal.
#pragma once

#include <string>

#include "lib/core/file.h"
#include "lib/core/hex.h"

namespace wxsec::test {

// The bytes of the vector `name` ("mqtt/v5_connect.hex"); empty if it cannot be read.
inline core::Bytes vector_bytes(const std::string& name) {
  const auto text =
      core::read_file(std::string(WXSEC_SOURCE_DIR "/tests/vectors/") + name, 1 << 20);
  if (!text) return {};
  std::string digits;
  for (const char c : text->substr(std::min(text->find("\n\n"), text->size()))) {
    if (c != '\n') digits.push_back(c);
  }
  return core::from_hex(digits).value_or(core::Bytes{});
}

}  // namespace wxsec::test
