#include "src/attack/admission.h"
#include "src/attack/all_attempts.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {

// TLS as a browser would speak it: the broker proves itself, the client shows nothing.
report::Check no_client_cert(const Session& session) {
  return attempt_admission(session, {}, "a client without a certificate",
                           report::id::kNoClientCertificate);
}

}  // namespace wxsec::attack
