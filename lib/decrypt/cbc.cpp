// An eavesdropper need not fear a padding oracle, so nothing here takes care to last equally long.
// He has to verify all the same: what a receiver would have refused was never said.
#include "lib/decrypt/cbc.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <memory>

#include "lib/wire/writer.h"

namespace wxsec::decrypt {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const EVP_MD* digest_of(std::size_t mac_size) {
  return mac_size == 48 ? EVP_sha384() : mac_size == 32 ? EVP_sha256() : EVP_sha1();
}

// RFC 5246 6.2.3.1: over number, type, version and length, which are not part of what is sealed.
bool mac_fits(const CbcKeys& keys, const CbcRecord& record, core::ByteView content,
              core::ByteView mac) {
  wire::Writer text;
  text.u64(record.sequence);
  text.u8(record.type);
  text.u16(record.version);
  text.u16(static_cast<std::uint16_t>(content.size()));
  text.bytes(content);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (HMAC(digest_of(keys.mac_key.size()), keys.mac_key.data(),
           static_cast<int>(keys.mac_key.size()), text.view().data(), text.view().size(),
           out.data(), &size) == nullptr)
    return false;
  return size == mac.size() && std::equal(mac.begin(), mac.end(), out.begin());
}

std::optional<core::Bytes> decrypt(const CbcKeys& keys, core::ByteView vector,
                                   core::ByteView sealed) {
  if (vector.size() != kCbcBlock || sealed.empty() || sealed.size() % kCbcBlock != 0)
    return std::nullopt;
  const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
  core::Bytes out(sealed.size() + kCbcBlock);
  int length = 0;
  if (EVP_DecryptInit_ex(context.get(), EVP_get_cipherbyname(keys.cipher), nullptr, keys.key.data(),
                         vector.data()) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), out.data(), &length, sealed.data(),
                        static_cast<int>(sealed.size())) != 1)
    return std::nullopt;
  out.resize(sealed.size());
  return out;
}

// RFC 5246 6.2.3.2: the last byte says how many before it have its value.
bool take_padding(core::Bytes& text) {
  const std::size_t size = text.back() + std::size_t{1};
  if (size > text.size()) return false;
  const auto begin = text.end() - static_cast<std::ptrdiff_t>(size);
  if (!std::all_of(begin, text.end(), [&](std::uint8_t byte) { return byte == text.back(); }))
    return false;
  text.erase(begin, text.end());
  return true;
}

}  // namespace

std::optional<core::Bytes> open_cbc(const CbcKeys& keys, const CbcRecord& record) {
  const std::size_t mac_size = keys.mac_key.size();
  core::ByteView body = record.body;
  if (keys.encrypt_then_mac) {
    if (body.size() < mac_size) return std::nullopt;
    const core::ByteView mac = body.subspan(body.size() - mac_size);
    body = body.first(body.size() - mac_size);
    if (!mac_fits(keys, record, body, mac)) return std::nullopt;
  }
  const bool explicit_vector = record.vector.empty();
  const core::ByteView vector =
      explicit_vector ? body.first(std::min(kCbcBlock, body.size())) : record.vector;
  auto text = decrypt(keys, vector, explicit_vector ? body.subspan(vector.size()) : body);
  if (!text || !take_padding(*text)) return std::nullopt;
  if (keys.encrypt_then_mac) return text;
  if (text->size() < mac_size) return std::nullopt;
  const core::Bytes mac(text->end() - static_cast<std::ptrdiff_t>(mac_size), text->end());
  text->resize(text->size() - mac_size);
  if (!mac_fits(keys, record, *text, mac)) return std::nullopt;
  return text;
}

}  // namespace wxsec::decrypt
