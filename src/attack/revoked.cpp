#include "src/attack/admission.h"
#include "src/attack/all_attempts.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {

// A certificate that is right in everything, except that its owner said it was lost.
report::Check revoked(const Session& session) {
  return attempt_admission(session, session.target.revoked, "a client with a revoked certificate",
                           report::id::kRevokedClientCertificate);
}

}  // namespace wxsec::attack
