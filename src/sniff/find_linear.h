// A search whose time grows with the text, whatever is searched for. std::string::find() takes time
// by the product of both sizes where somebody made them to ("aaa...ab" in "aaa...a").
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace wxsec::sniff {

// As std::string_view::find(), from `at` on, which is not beyond the end. memmem() is glibc's.
inline std::size_t find_linear(std::string_view text, std::string_view part, std::size_t at = 0) {
  const void* const found = ::memmem(text.data() + at, text.size() - at, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace wxsec::sniff
