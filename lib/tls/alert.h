// TLS alerts (RFC 8446 section 6): their names, and what they mean for who receives them.
#pragma once

#include <string_view>

#include "lib/tls/failure.h"

namespace wxsec::tls {

// "certificate_required"; "alert" for a code that no RFC defines.
std::string_view alert_name(int code);

// Which side of the connection we are.
enum class Side { client, server };

// What receiving it says. To a client, alerts about certificates are about its own; to a server
// they are about the chain it served, which is the client's business: Cause::alert.
Cause cause_of_alert(int code, Side side, bool asked_for_certificate, bool showed_certificate);

}  // namespace wxsec::tls
