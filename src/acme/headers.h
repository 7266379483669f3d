// The HTTP response fields that ACME gives a meaning to.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"

namespace wxsec::acme {

// "120" or "Wed, 21 Oct 2026 07:28:00 GMT" (RFC 9110 10.2.3) as a span from `now`, never negative,
// at most ten days. Nothing for any other text.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, core::Instant now);

struct Link {
  std::string target;  // as written: possibly relative
  std::string relation;
};
// Of one Link field: `<https://...>;rel="alternate", <...>;rel="up"`. What does not parse is left
// out; at most 32 links are read. RFC 8288 3.
std::vector<Link> parse_links(std::string_view value);

// 1 to 256 characters of base64url, as a nonce must be (RFC 8555 6.5.1).
bool is_nonce(std::string_view value);

}  // namespace wxsec::acme
