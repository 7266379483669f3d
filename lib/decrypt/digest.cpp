#include "lib/decrypt/digest.h"

#include <openssl/evp.h>

#include <array>

#include "lib/core/hex.h"

namespace wxsec::decrypt {
namespace {

std::string digest_hex(std::string_view text, const EVP_MD* kind) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, kind, nullptr) != 1) return {};
  return core::to_hex(core::ByteView(out).first(size));
}

}  // namespace

std::string md5_hex(std::string_view text) { return digest_hex(text, EVP_md5()); }
std::string sha256_hex(std::string_view text) { return digest_hex(text, EVP_sha256()); }

}  // namespace wxsec::decrypt
