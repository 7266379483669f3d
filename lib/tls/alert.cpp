#include "lib/tls/alert.h"

#include <array>

namespace wxsec::tls {
namespace {

struct Row {
  int code;
  std::string_view name;
};

// RFC 8446 6, with those of RFC 5246 that TLS 1.2 still sends.
constexpr std::array kAlerts{
    Row{0, "close_notify"},
    Row{10, "unexpected_message"},
    Row{20, "bad_record_mac"},
    Row{22, "record_overflow"},
    Row{30, "decompression_failure"},
    Row{40, "handshake_failure"},
    Row{42, "bad_certificate"},
    Row{43, "unsupported_certificate"},
    Row{44, "certificate_revoked"},
    Row{45, "certificate_expired"},
    Row{46, "certificate_unknown"},
    Row{47, "illegal_parameter"},
    Row{48, "unknown_ca"},
    Row{49, "access_denied"},
    Row{50, "decode_error"},
    Row{51, "decrypt_error"},
    Row{70, "protocol_version"},
    Row{71, "insufficient_security"},
    Row{80, "internal_error"},
    Row{86, "inappropriate_fallback"},
    Row{90, "user_canceled"},
    Row{100, "no_renegotiation"},
    Row{109, "missing_extension"},
    Row{110, "unsupported_extension"},
    Row{112, "unrecognized_name"},
    Row{113, "bad_certificate_status_response"},
    Row{115, "unknown_psk_identity"},
    Row{116, "certificate_required"},
    Row{120, "no_application_protocol"},
};

Cause about_our_certificate(int code) {
  switch (code) {
    case 43: return Cause::client_certificate_purpose;
    case 44: return Cause::client_certificate_revoked;
    case 45: return Cause::client_certificate_expired;
    case 48: return Cause::client_ca_unknown;
    case 42:
    case 46:
    case 49:
    case 51: return Cause::client_certificate_refused;
    case 116: return Cause::client_certificate_missing;
    default: return Cause::alert;
  }
}

}  // namespace

std::string_view alert_name(int code) {
  for (const Row& row : kAlerts) {
    if (row.code == code) return row.name;
  }
  return "alert";
}

Cause cause_of_alert(int code, Side side, bool asked_for_certificate, bool showed_certificate) {
  if (code == 70 || code == 86) return Cause::version_refused;
  if (code == 71) return Cause::no_common_cipher;
  if (code == 112) return Cause::server_name_refused;
  if (code == 120) return Cause::no_common_alpn;
  if (code == 40) {
    // TLS 1.2 has no alert of its own for a missing client certificate. RFC 5246 7.4.6.
    if (side == Side::client && asked_for_certificate) {
      return showed_certificate ? Cause::client_certificate_refused
                                : Cause::client_certificate_missing;
    }
    return Cause::no_common_cipher;
  }
  return side == Side::client ? about_our_certificate(code) : Cause::alert;
}

}  // namespace wxsec::tls
