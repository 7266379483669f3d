// Whether a live service lets in who shows this certificate: the proof that a revocation or a
// roll-over has taken effect.
#pragma once

#include <chrono>
#include <string>

#include "lib/core/result.h"
#include "lib/tls/context.h"
#include "src/certs/service.h"

namespace wxsec::certs {

enum class Admission {
  let_in,     // it answered in its protocol (whatever the answer)
  refused,    // a TLS alert about the certificate
  not_asked,  // the service asks nobody for a certificate
};
// "let in", "refused", "does not ask".
std::string_view admission_text(Admission admission);

struct AdmissionView {
  Admission admission = Admission::let_in;
  bool revoked = false;    // refused for being revoked, and for nothing else
  std::string words = {};  // "refused: the peer says that our certificate was revoked"
};

// Shows `identity` at `url` (mqtts:// or https://), whose own certificate must lead to `ca_pem`,
// and asks something that every peer answers: under TLS 1.3 a finished handshake proves nothing.
// Fails where the question could not be decided: refused, timeout, tls (the service's own
// certificate).
core::Result<AdmissionView> seek_admission(const std::string& url, const tls::Identity& identity,
                                           const std::string& ca_pem,
                                           std::chrono::milliseconds timeout);

// Asks until the answer is `wanted` (or the service does not ask), for at most `within`. Fails with
// tls where it is the other one to the end, or as seek_admission().
core::Result<AdmissionView> await_admission(const Service& service, Admission wanted,
                                            const tls::Identity& identity,
                                            const std::string& ca_pem,
                                            std::chrono::milliseconds within,
                                            const std::stop_token& stop);

}  // namespace wxsec::certs
