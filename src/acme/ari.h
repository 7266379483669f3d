// When the authority would like a certificate renewed: its renewal information. RFC 9773.
#pragma once

#include <optional>
#include <string>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "lib/pki/certificate.h"
#include "src/acme/session.h"

namespace wxsec::acme {

// What names a certificate there: base64url of the authority's key identifier, a dot, base64url of
// the serial's bytes. Nothing for a certificate without such an identifier. RFC 9773 4.1.
std::optional<std::string> certificate_id(const pki::Certificate& certificate);

// The server's window for `certificate`; nothing where the server has no renewal information, or
// `certificate` no name there. Fails as Session::get, protocol.
core::Result<std::optional<RenewalInfo>> ask_renewal_info(Session& session,
                                                          const pki::Certificate& certificate);

// A moment in the window, evenly spread over certificates, the same each time for one (its serial
// decides), so that runs by timer agree with each other. RFC 9773 4.2.
core::Instant moment_in(const RenewalInfo& window, const pki::Certificate& certificate);

}  // namespace wxsec::acme
