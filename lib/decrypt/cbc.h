// Records of the CBC suites of TLS 1.0 to 1.2. A MAC over content and record number proves them;
// where it stands differs:
//
//     RFC 5246 6.2.3.2    [iv] encrypt( content | MAC | padding )
//     RFC 7366 3          [iv] encrypt( content | padding ) | MAC
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/core/bytes.h"

namespace wxsec::decrypt {

inline constexpr std::size_t kCbcBlock = 16;

struct CbcKeys {
  const char* cipher = "";  // OpenSSL's name
  core::Bytes key;
  core::Bytes mac_key;  // its size, which is the MAC's, tells the digest: 20, 32 or 48
  bool encrypt_then_mac = false;
};

struct CbcRecord {
  std::uint64_t sequence = 0;
  std::uint8_t type = 0;
  std::uint16_t version = 0;
  core::ByteView vector;  // TLS 1.0: the last block of the record before, which is not in `body`
  core::ByteView body;
};

// The content of a record. Nothing if padding or MAC are not what they must be.
std::optional<core::Bytes> open_cbc(const CbcKeys& keys, const CbcRecord& record);

}  // namespace wxsec::decrypt
