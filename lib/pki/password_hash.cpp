// A password file is read by whoever gets hold of a backup, so it must not hold passwords. What it
// holds is the outcome of a function that is slow on purpose (so that guessing is slow) and salted
// (so that two users with one password look different).
#include "lib/pki/password_hash.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/number.h"

namespace wxsec::pki {
namespace {

constexpr std::size_t kSaltBytes = 12;
constexpr std::size_t kHashBytes = 64;
constexpr unsigned kMostRounds = 10'000'000;

using Hash = std::array<std::uint8_t, kHashBytes>;

std::string base64(core::ByteView bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends in a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::optional<core::Bytes> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 1024) return std::nullopt;
  core::Bytes out(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  // EVP_DecodeBlock counts the padding as zero bytes.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

bool derive(const core::Secret& password, core::ByteView salt, unsigned rounds, Hash& hash) {
  const std::string_view text = password.reveal();
  return PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), salt.data(),
                           static_cast<int>(salt.size()), static_cast<int>(rounds), EVP_sha512(),
                           static_cast<int>(hash.size()), hash.data()) == 1;
}

// The part of `text` up to the next '$', which is taken off.
std::string_view next_part(std::string_view& text) {
  const std::size_t end = std::min(text.find('$'), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace

core::Result<std::string> hash_password(const core::Secret& password, unsigned rounds) {
  std::array<std::uint8_t, kSaltBytes> salt{};
  Hash hash{};
  if (rounds == 0 || rounds > kMostRounds || RAND_bytes(salt.data(), kSaltBytes) != 1 ||
      !derive(password, salt, rounds, hash)) {
    return core::fail(core::Code::crypto, "cannot hash a password");
  }
  return fmt::format("$7${}${}${}", rounds, base64(salt), base64(hash));
}

bool password_matches(std::string_view entry, const core::Secret& password) {
  if (!entry.starts_with("$7$")) return false;
  entry.remove_prefix(3);
  const auto rounds = core::parse_number<unsigned>(next_part(entry), 1, kMostRounds);
  const auto salt = from_base64(next_part(entry));
  const auto expected = from_base64(entry);
  Hash hash{};
  return rounds && salt && expected && expected->size() == hash.size() &&
         derive(password, *salt, *rounds, hash) &&
         CRYPTO_memcmp(hash.data(), expected->data(), hash.size()) == 0;
}

}  // namespace wxsec::pki
