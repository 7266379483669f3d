// Base16 (RFC 4648 section 8).
#pragma once

#include <string>
#include <string_view>

#include "lib/core/bytes.h"
#include "lib/core/result.h"

namespace wxsec::core {

// "0aff", or with a separator "0A:FF" style: to_hex(bytes, ':') gives lower case "0a:ff".
std::string to_hex(ByteView bytes);
std::string to_hex(ByteView bytes, char separator);

// Fails with malformed on an odd count or any other character than 0-9 a-f A-F.
Result<Bytes> from_hex(std::string_view text);

}  // namespace wxsec::core
