#include "src/certs/passphrase.h"

#include "lib/core/secret.h"
#include "src/certs/layout.h"

namespace wxsec::certs {

bool is_key_encrypted(const core::Path& key) {
  constexpr std::size_t kMaxKeyFile = 64 * 1024;
  const core::Secret text(core::read_file(key, kMaxKeyFile).value_or(""));
  const auto says = [&](std::string_view mark) {
    return text.reveal().find(mark) != std::string_view::npos;
  };
  return says("BEGIN ENCRYPTED PRIVATE KEY") || says("Proc-Type: 4,ENCRYPTED");
}

bool is_authority_encrypted(const core::Path& dir) {
  return is_key_encrypted(Layout(dir).issuing().key);
}

}  // namespace wxsec::certs
