// TLS records: the five bytes around everything TLS sends. They are never encrypted themselves, so
// type, version and size of every record are there for anybody to see. RFC 8446 5.1, RFC 5246 6.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/proto/frame.h"

namespace wxsec::proto {

enum class TlsContent : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
  heartbeat = 24,
};

inline constexpr std::size_t kTlsHeaderSize = 5;
// RFC 8446 5.2: 2^14 + 256; TLS 1.2 allows 2^14 + 2048.
inline constexpr std::size_t kMaxTlsBody = 16384 + 2048;

struct TlsRecord {
  TlsContent type = TlsContent::handshake;
  std::uint16_t version = 0;  // 0x0301 ... 0x0303; says little since TLS 1.3
  std::size_t length = 0;     // of the body
};

struct TlsRecordFrame {
  FrameState state = FrameState::need_more;
  TlsRecord record;
  std::size_t size = 0;  // header and body
};

// The record at the front of a stream as far as its header tells: `done` when the header is there
// (the body may not be), `bad` for a header that no TLS peer sends.
TlsRecordFrame peek_tls_record(core::ByteView stream);

// An SSLv2 ClientHello (RFC 5246 E.2), which some old peers still begin with.
bool looks_like_sslv2_hello(core::ByteView stream);

// "handshake", "application_data"...
std::string_view tls_content_name(TlsContent type);
// "client_hello"...; "unknown".
std::string_view tls_handshake_name(std::uint8_t type);
// "SSL 3.0", "TLS 1.0" ... "TLS 1.3"; "unknown".
std::string_view tls_version_name(std::uint16_t version);
// IANA's name, "TLS_AES_128_GCM_SHA256"; "unknown".
std::string_view tls_suite_name(std::uint16_t suite);
// "certificate_expired"; "unknown". RFC 8446 6.
std::string_view tls_alert_name(std::uint8_t description);
// "x25519"; "unknown".
std::string_view tls_group_name(std::uint16_t group);
// RFC 8701: values that mean nothing on purpose.
bool is_grease(std::uint16_t value);

}  // namespace wxsec::proto
