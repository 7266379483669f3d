// How much a list may take of memory, whatever strangers write into its entries.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wxsec::sniff {

inline constexpr std::size_t kMaxListedBytes = std::size_t{8} << 20;  // of each list
inline constexpr std::size_t kMaxListedName = 256;  // bytes of a subject, name or host

class Room {
 public:
  explicit Room(std::size_t bytes) : left_(bytes) {}
  // False if there is no room for `bytes` more; what is smaller may still fit.
  bool take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::size_t left_;
};

// At most `most` bytes; UTF-8 is not cut within a character.
inline std::string cut_text(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t end = most;
  for (int i = 0; i < 3 && end > 0 && continues(end); ++i) --end;
  return std::string(text.substr(0, continues(end) ? most : end));
}

}  // namespace wxsec::sniff
