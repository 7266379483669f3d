// A key log (up to the first zero byte), then records for every construction: nothing verifies by
// chance, except what has no checksum that we look at (CBC), and that must not grow.
#include <algorithm>
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView bytes(data, size);
  const auto zero = std::find(bytes.begin(), bytes.end(), 0);
  const auto text_size = static_cast<std::size_t>(zero - bytes.begin());
  decrypt::KeyLog log;
  if (log.add(core::as_text(bytes.first(text_size))) > text_size) std::abort();
  const core::ByteView body = bytes.subspan(std::min(text_size + 1, size));
  const core::Bytes secret(32, 7);
  const core::Bytes random(32, 9);
  for (const char* suite : {"TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"}) {
    if (auto cipher = decrypt::RecordCipher::tls13(suite, secret)) open_all(*cipher, body);
  }
  for (const char* suite :
       {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"}) {
    for (const std::uint16_t version : {std::uint16_t{0x0301}, std::uint16_t{0x0303}}) {
      auto keys = decrypt::Tls12Keys::derive(version, suite, secret, random, random, size % 2 == 0);
      if (keys.client) open_all(*keys.client, body);
    }
  }
  return 0;
}
