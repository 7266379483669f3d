// Bytes in a JSON line: as text, and as base64 too where the text cannot hold them.
#pragma once

#include <string_view>

#include "lib/core/bytes.h"
#include "lib/json/line_writer.h"
#include "src/sniff/masking.h"

namespace wxsec::sniff {

inline void payload(json::LineWriter& line, std::string_view key, std::string_view base64_key,
                    core::ByteView bytes) {
  if (!line.bytes(key, core::as_text(bytes))) line.base64(base64_key, bytes);
}

// As text only, without what is hidden.
inline void clean_text(json::LineWriter& line, std::string_view key, std::string_view text,
                       const Masks& hidden) {
  if (hidden.empty()) {
    line.text(key, text);
  } else {
    line.text(key, hidden.copy(text));
  }
}

// Without what is hidden.
inline void payload(json::LineWriter& line, std::string_view key, std::string_view base64_key,
                    core::ByteView bytes, const Masks& hidden) {
  if (hidden.empty()) return payload(line, key, base64_key, bytes);
  payload(line, key, base64_key, core::as_bytes(hidden.copy(core::as_text(bytes))));
}

}  // namespace wxsec::sniff
