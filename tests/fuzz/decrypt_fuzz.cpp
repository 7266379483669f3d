// A byte that chooses the construction, a key log (up to the first zero byte), then a record:
// nothing verifies by chance, except what has no checksum that we look at (CBC), and that must not
// grow.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "lib/decrypt/keylog.h"
#include "lib/decrypt/record_cipher.h"

using namespace wxsec;

namespace {

void open_all(decrypt::RecordCipher& cipher, core::ByteView body) {
  std::uint8_t type = 0;
  for (const std::uint8_t outer : {std::uint8_t{22}, std::uint8_t{23}}) {
    const auto plain = cipher.open(outer, 0x0303, body, type);
    if (plain && plain->size() > body.size()) std::abort();
  }
  cipher.skip(3);
  cipher.update();
}

constexpr std::array<const char*, 2> kTls13Suites{"TLS_AES_128_GCM_SHA256",
                                                  "TLS_CHACHA20_POLY1305_SHA256"};
constexpr std::array<const char*, 4> kTls12Suites{
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"};

void open_with(unsigned construction, core::ByteView body) {
  const core::Bytes secret(32, 7);
  const core::Bytes random(32, 9);
  if (construction < kTls13Suites.size()) {
    if (auto cipher = decrypt::RecordCipher::tls13(kTls13Suites[construction], secret))
      open_all(*cipher, body);
    return;
  }
  const unsigned kind = (construction - 2) % 4;
  const bool encrypt_then_mac = (construction - 2) / 4 % 2 == 0;
  const std::uint16_t version = construction < 10 ? 0x0301 : 0x0303;
  auto keys = decrypt::Tls12Keys::derive(version, kTls12Suites[kind], secret, random, random,
                                         encrypt_then_mac);
  if (keys.client) open_all(*keys.client, body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const core::ByteView bytes(data + 1, size - 1);
  const auto zero = std::find(bytes.begin(), bytes.end(), 0);
  const auto text_size = static_cast<std::size_t>(zero - bytes.begin());
  decrypt::KeyLog log;
  if (log.add(core::as_text(bytes.first(text_size))) > text_size) std::abort();
  open_with(data[0] % 18, bytes.subspan(std::min(text_size + 1, bytes.size())));
  return 0;
}
