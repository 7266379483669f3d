// Which algorithms a cipher suite stands for, as far as we can decrypt it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wxsec::decrypt {

enum class Mode : std::uint8_t { gcm, ccm, ccm8, chacha, cbc };

struct Suite {
  Mode mode = Mode::gcm;
  std::size_t key_size = 16;
  std::size_t mac_size = 0;       // CBC only
  const char* cipher = "";        // OpenSSL's name
  const char* digest = "SHA256";  // of the key derivation
};

// By IANA's name: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256". Nothing for what we cannot open.
std::optional<Suite> find_suite(std::string_view name);

}  // namespace wxsec::decrypt
