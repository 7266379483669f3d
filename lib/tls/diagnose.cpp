// One failed OpenSSL call, named. What the callbacks and the socket recorded decides; OpenSSL's
// error queue is asked last, and by number, never by text.
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <cstring>

#include "lib/core/hex.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/tls/session.h"

namespace wxsec::tls {
namespace {

Cause cause_of_reason(int reason) {
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH: return Cause::version_refused;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_UNKNOWN_CIPHER_RETURNED:
    case SSL_R_WRONG_CURVE:
    case SSL_R_DH_KEY_TOO_SMALL: return Cause::no_common_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL: return Cause::no_common_alpn;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return Cause::client_certificate_missing;
    default: return Cause::protocol_error;
  }
}

bool is_printable(core::ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    if ((byte < 0x20 || byte > 0x7E) && byte != '\r' && byte != '\n') return false;
  }
  return true;
}

// What a plaintext peer said, in printable ASCII: its first line, or its bytes in hexadecimal.
std::string quoted(core::ByteView bytes) {
  if (!is_printable(bytes)) {
    return fmt::format("its answer begins with {}",
                       core::to_hex(bytes.first(std::min<std::size_t>(bytes.size(), 12)), ' '));
  }
  const std::string_view text = core::as_text(bytes);
  return fmt::format("it says \"{}\"", text.substr(0, text.find_first_of("\r\n")));
}

Failure broken_off(const Wire& wire, Phase phase) {
  const bool wordless = phase == Phase::handshake && wire.received == 0;
  Failure failure;
  failure.cause = wordless ? Cause::hung_up : Cause::lost;
  if (phase == Phase::handshake && !wordless) failure.detail = "in the middle of the handshake";
  if (phase == Phase::established) {
    failure.detail = wire.eof ? "closed without close_notify" : std::strerror(wire.last_errno);
  }
  return failure;
}

Failure from_alert(const Session& session) {
  Failure failure;
  failure.alert = session.alert;
  failure.cause = cause_of_alert(session.alert->code, session.side, session.asked_for_certificate,
                                 session.has_identity);
  failure.detail = fmt::format("alert {}", session.alert->name);
  return failure;
}

Failure decide(const Session& session, const Wire& wire, int ssl_error, Phase phase) {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  Failure failure;
  if (session.alert) return from_alert(session);
  if (phase == Phase::handshake && !looks_like_tls(wire.first_bytes())) {
    failure.cause = Cause::plaintext;
    failure.plaintext = core::to_bytes(wire.first_bytes());
    failure.detail = quoted(wire.first_bytes());
    return failure;
  }
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && !session.problems.empty()) {
    failure.cause = session.problems.front().cause;
    failure.detail = session.problems.front().sentence;
    return failure;
  }
  if (ssl_error == SSL_ERROR_SYSCALL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || wire.eof) {
    return broken_off(wire, phase);
  }
  failure.cause = cause_of_reason(reason);
  if (failure.cause == Cause::protocol_error) failure.detail = pki::drain_errors();
  return failure;
}

}  // namespace

Failure diagnose(const Session& session, const Wire& wire, int ssl_error, Phase phase) {
  Failure failure = decide(session, wire, ssl_error, phase);
  failure.problems = session.problems;
  ERR_clear_error();
  return failure;
}

}  // namespace wxsec::tls
