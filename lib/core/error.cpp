#include "lib/core/error.h"

namespace wxsec::core {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::usage: return "usage";
    case Code::not_found: return "not_found";
    case Code::exists: return "exists";
    case Code::permission: return "permission";
    case Code::io: return "io";
    case Code::malformed: return "malformed";
    case Code::too_large: return "too_large";
    case Code::unsupported: return "unsupported";
    case Code::crypto: return "crypto";
    case Code::resolve: return "resolve";
    case Code::refused: return "refused";
    case Code::timeout: return "timeout";
    case Code::tls: return "tls";
    case Code::protocol: return "protocol";
    case Code::denied: return "denied";
    case Code::missing_program: return "missing_program";
    case Code::child_failed: return "child_failed";
    case Code::busy: return "busy";
    case Code::not_authorised: return "not_authorised";
    case Code::interrupted: return "interrupted";
    case Code::internal: return "internal";
  }
  return "internal";
}

Error with_context(Error error, std::string_view context) {
  const std::string prefix = std::string(context) + ": ";
  // Whoever failed may have named itself already.
  if (!error.what.starts_with(prefix)) error.what.insert(0, prefix);
  return error;
}

}  // namespace wxsec::core
