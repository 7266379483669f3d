// The kinds of keys: how people write them, and which one a key of OpenSSL is.
#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>

#include "lib/pki/key.h"
#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

struct TypeRow {
  KeyType type;
  std::string_view text;
};
constexpr std::array<TypeRow, 7> kTypes{{{KeyType::p256, "P-256"},
                                         {KeyType::p384, "P-384"},
                                         {KeyType::ed25519, "Ed25519"},
                                         {KeyType::rsa1024, "RSA-1024"},
                                         {KeyType::rsa2048, "RSA-2048"},
                                         {KeyType::rsa3072, "RSA-3072"},
                                         {KeyType::rsa4096, "RSA-4096"}}};

// "RSA-2048" and "rsa2048" are the same.
std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '-') out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

}  // namespace

std::string_view key_type_text(KeyType type) {
  for (const TypeRow& row : kTypes)
    if (row.type == type) return row.text;
  return "?";
}

core::Result<KeyType> parse_key_type(std::string_view text) {
  for (const TypeRow& row : kTypes)
    if (folded(row.text) == folded(text)) return row.type;
  return core::fail(core::Code::usage, fmt::format("'{}' is not a kind of key", text),
                    "one of P-256, P-384, Ed25519, RSA-2048, RSA-3072, RSA-4096");
}

KeyKind kind_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeyKind::rsa;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyKind::ed25519;
  if (EVP_PKEY_is_a(key, "EC") != 1) return KeyKind::other;
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return KeyKind::other;
  const std::string_view name(group.data(), size);
  if (name == "prime256v1") return KeyKind::ec_p256;
  if (name == "secp384r1") return KeyKind::ec_p384;
  return name == "secp521r1" ? KeyKind::ec_p521 : KeyKind::other;
}

std::string algorithm_text(const EVP_PKEY* key) {
  switch (kind_of(key)) {
    case KeyKind::ec_p256: return "P-256";
    case KeyKind::ec_p384: return "P-384";
    case KeyKind::ec_p521: return "P-521";
    case KeyKind::ed25519: return "Ed25519";
    case KeyKind::rsa: return "RSA";
    case KeyKind::other: break;
  }
  const char* const name = EVP_PKEY_get0_type_name(key);
  return name != nullptr ? name : "unknown";
}

std::string key_text(const Key& key) {
  switch (key.kind()) {
    case KeyKind::ec_p256: return "P-256";
    case KeyKind::ec_p384: return "P-384";
    case KeyKind::ec_p521: return "P-521";
    case KeyKind::ed25519: return "Ed25519";
    case KeyKind::rsa: return fmt::format("RSA {} bits", key.bits());
    case KeyKind::other: break;
  }
  return "a key of an unknown kind";
}

}  // namespace wxsec::pki
