// Text of the network's on a terminal: escaped, and cut to a line's length.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/core/escape.h"

namespace wxsec::sniff {

inline constexpr std::size_t kMaxText = 240;  // bytes of a payload on its line

inline std::string shown(std::string_view text, std::size_t most = kMaxText) {
  if (text.size() <= most) return core::escape_terminal(text);
  return core::escape_terminal(text.substr(0, most)) + fmt::format(" ...({} bytes)", text.size());
}
inline std::string shown(core::ByteView bytes, std::size_t most = kMaxText) {
  return shown(core::as_text(bytes), most);
}

}  // namespace wxsec::sniff
