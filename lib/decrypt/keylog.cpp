#include "lib/decrypt/keylog.h"

#include <algorithm>

#include "lib/core/hex.h"

namespace wxsec::decrypt {
namespace {

constexpr std::size_t kMaxSecrets = 1'000'000;
constexpr std::size_t kMaxSecretBytes = 64;

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

}  // namespace

std::size_t KeyLog::add(std::string_view text) {
  std::size_t used = 0;
  while (used < text.size()) {
    const std::size_t end = text.find('\n', used);
    if (end == std::string_view::npos) break;
    std::string_view line = text.substr(used, end - used);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    add_line(line);
    used = end + 1;
  }
  return used;
}

void KeyLog::add_line(std::string_view line) {
  if (line.empty() || line[0] == '#' || secrets_.size() >= kMaxSecrets) return;
  const std::string_view label = take_word(line);
  const auto random = core::from_hex(take_word(line));
  auto secret = core::from_hex(take_word(line));
  if (label.empty() || !random || random->size() != 32 || !secret || secret->empty() ||
      secret->size() > kMaxSecretBytes)
    return;
  secrets_[std::string(label) + ' ' + core::to_hex(*random)] = std::move(*secret);
}

core::ByteView KeyLog::find(std::string_view label, core::ByteView client_random) const {
  if (secrets_.empty()) return {};
  const auto found = secrets_.find(std::string(label) + ' ' + core::to_hex(client_random));
  return found == secrets_.end() ? core::ByteView{} : core::ByteView(found->second);
}

}  // namespace wxsec::decrypt
