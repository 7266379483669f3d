#include "src/sniff/nested_secrets.h"

namespace wxsec::sniff {

void add_placed(std::string_view text, const Decoded& decoded, SecretsSeen found,
                SecretsSeen& out) {
  for (SecretSeen& one : found) {
    const auto at = static_cast<std::size_t>(one.raw.data() - decoded.text.data());
    const std::size_t begin = decoded.from[at];
    one.raw = text.substr(begin, decoded.from[at + one.raw.size()] - begin);
    out.push_back(std::move(one));
  }
}

}  // namespace wxsec::sniff
