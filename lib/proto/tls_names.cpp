// The names behind TLS's numbers, as the RFCs and IANA spell them.
#include "lib/proto/tls_record.h"

namespace wxsec::proto {

std::string_view tls_content_name(TlsContent type) {
  switch (type) {
    case TlsContent::change_cipher_spec: return "change_cipher_spec";
    case TlsContent::alert: return "alert";
    case TlsContent::handshake: return "handshake";
    case TlsContent::application_data: return "application_data";
    case TlsContent::heartbeat: return "heartbeat";
  }
  return "unknown";
}

std::string_view tls_handshake_name(std::uint8_t type) {
  switch (type) {
    case 0: return "hello_request";
    case 1: return "client_hello";
    case 2: return "server_hello";
    case 3: return "hello_verify_request";
    case 4: return "new_session_ticket";
    case 5: return "end_of_early_data";
    case 8: return "encrypted_extensions";
    case 11: return "certificate";
    case 12: return "server_key_exchange";
    case 13: return "certificate_request";
    case 14: return "server_hello_done";
    case 15: return "certificate_verify";
    case 16: return "client_key_exchange";
    case 20: return "finished";
    case 21: return "certificate_url";
    case 22: return "certificate_status";
    case 24: return "key_update";
    case 25: return "compressed_certificate";
    default: return "unknown";
  }
}

std::string_view tls_version_name(std::uint16_t version) {
  switch (version) {
    case 0x0002: return "SSL 2.0";
    case 0x0300: return "SSL 3.0";
    case 0x0301: return "TLS 1.0";
    case 0x0302: return "TLS 1.1";
    case 0x0303: return "TLS 1.2";
    case 0x0304: return "TLS 1.3";
    default: break;
  }
  return (version >> 8) == 0x7F ? "TLS 1.3 draft" : "unknown";
}

// RFC 8446 6 and RFC 5246 7.2.
std::string_view tls_alert_name(std::uint8_t description) {
  switch (description) {
    case 0: return "close_notify";
    case 10: return "unexpected_message";
    case 20: return "bad_record_mac";
    case 21: return "decryption_failed";
    case 22: return "record_overflow";
    case 30: return "decompression_failure";
    case 40: return "handshake_failure";
    case 41: return "no_certificate";
    case 42: return "bad_certificate";
    case 43: return "unsupported_certificate";
    case 44: return "certificate_revoked";
    case 45: return "certificate_expired";
    case 46: return "certificate_unknown";
    case 47: return "illegal_parameter";
    case 48: return "unknown_ca";
    case 49: return "access_denied";
    case 50: return "decode_error";
    case 51: return "decrypt_error";
    case 60: return "export_restriction";
    case 70: return "protocol_version";
    case 71: return "insufficient_security";
    case 80: return "internal_error";
    case 86: return "inappropriate_fallback";
    case 90: return "user_canceled";
    case 100: return "no_renegotiation";
    case 109: return "missing_extension";
    case 110: return "unsupported_extension";
    case 111: return "certificate_unobtainable";
    case 112: return "unrecognized_name";
    case 113: return "bad_certificate_status_response";
    case 114: return "bad_certificate_hash_value";
    case 115: return "unknown_psk_identity";
    case 116: return "certificate_required";
    case 120: return "no_application_protocol";
    case 121: return "ech_required";
    default: return "unknown";
  }
}

// IANA, TLS Supported Groups: those in use.
std::string_view tls_group_name(std::uint16_t group) {
  switch (group) {
    case 19: return "secp192r1";
    case 21: return "secp224r1";
    case 22: return "secp256k1";
    case 23: return "secp256r1";
    case 24: return "secp384r1";
    case 25: return "secp521r1";
    case 26: return "brainpoolP256r1";
    case 27: return "brainpoolP384r1";
    case 28: return "brainpoolP512r1";
    case 29: return "x25519";
    case 30: return "x448";
    case 256: return "ffdhe2048";
    case 257: return "ffdhe3072";
    case 258: return "ffdhe4096";
    case 259: return "ffdhe6144";
    case 260: return "ffdhe8192";
    case 0x11EB: return "SecP256r1MLKEM768";
    case 0x11EC: return "X25519MLKEM768";
    case 0x11ED: return "SecP384r1MLKEM1024";
    case 0x6399: return "X25519Kyber768Draft00";
    default: return "unknown";
  }
}

}  // namespace wxsec::proto
