#include "lib/pki/openssl_ptr.h"

#include <fmt/core.h>
#include <openssl/err.h>

namespace wxsec::pki {

std::string drain_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* const reason = ERR_reason_error_string(code);
    const std::string_view part = reason != nullptr ? reason : "unknown error";
    if (text.find(part) != std::string::npos) continue;  // layers repeat each other
    if (!text.empty()) text += "; ";
    text += part;
  }
  return text;
}

core::Error openssl_error(core::Code code, std::string what) {
  const std::string queue = drain_errors();
  if (!queue.empty()) what += fmt::format(" (OpenSSL: {})", queue);
  if (code != core::Code::malformed) return core::Error{code, std::move(what), {}};
  return core::Error{code, std::move(what), kCopyAgain};
}

}  // namespace wxsec::pki
