// The parts of a TLS handshake that travel in clear: ClientHello, ServerHello, and before TLS 1.3
// the certificates. Views into the handshake message. RFC 8446 4, RFC 5246 7.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/proto/frame.h"
#include "lib/wire/reader.h"

namespace wxsec::proto {

inline constexpr std::size_t kTlsHandshakeHeaderSize = 4;

enum class TlsHandshakeType : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  new_session_ticket = 4,
  end_of_early_data = 5,
  encrypted_extensions = 8,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  certificate_verify = 15,
  client_key_exchange = 16,
  finished = 20,
  certificate_status = 22,
  key_update = 24,
};

struct TlsClientHello {
  std::uint16_t legacy_version = 0;
  core::ByteView random;
  core::ByteView session_id;
  core::ByteView suites;       // two bytes each
  core::ByteView compression;  // one byte each
  core::ByteView extensions;   // raw, see TlsExtensionReader
  // Out of the extensions; empty where absent.
  std::string_view server_name;
  core::ByteView alpn;  // raw list of length-prefixed names
  core::ByteView supported_versions;
  core::ByteView groups;
  core::ByteView point_formats;
  core::ByteView signature_algorithms;
  core::ByteView key_shares;
  bool pre_shared_key = false;
  bool early_data = false;
  bool sslv2_format = false;

  // The highest version offered, GREASE apart.
  std::uint16_t best_version() const;
  std::string_view first_alpn() const;
};

struct TlsServerHello {
  std::uint16_t legacy_version = 0;
  std::uint16_t version = 0;  // negotiated, supported_versions considered
  core::ByteView random;
  core::ByteView session_id;
  std::uint16_t suite = 0;
  core::ByteView extensions;
  std::string_view alpn;    // before 1.3; there it is encrypted
  std::uint16_t group = 0;  // 1.3's key share, or what a retry asks for; 0 absent
  bool retry = false;       // HelloRetryRequest, RFC 8446 4.1.4
  bool pre_shared_key = false;
  bool encrypt_then_mac = false;
  bool extended_master_secret = false;
};

// Takes the body of the handshake message (after type and length). False where malformed.
bool decode_client_hello(core::ByteView body, TlsClientHello& out);
bool decode_server_hello(core::ByteView body, TlsServerHello& out);
// An SSLv2-format hello, record and all.
bool decode_sslv2_hello(core::ByteView record, TlsClientHello& out);

struct TlsExtension {
  std::uint16_t type = 0;
  core::ByteView data;
};
class TlsExtensionReader {
 public:
  explicit TlsExtensionReader(core::ByteView extensions) : in_(extensions) {}
  std::optional<TlsExtension> next();

 private:
  wire::Reader in_;
};

// RFC 8446 4.4.2: 1.3 puts a request context before the list and extensions behind each entry.
enum class TlsCertificateForm : std::uint8_t { before, tls13 };

// The DER certificates in a Certificate message, leaf first.
class TlsCertificateReader {
 public:
  TlsCertificateReader(core::ByteView body, TlsCertificateForm form);
  std::optional<core::ByteView> next();

 private:
  wire::Reader in_;
  TlsCertificateForm form_;
};

}  // namespace wxsec::proto
