// Digests as hexadecimal text, for fingerprints (JA3 is MD5 by definition; nothing relies on its
// strength).
#pragma once

#include <string>
#include <string_view>

namespace wxsec::decrypt {

std::string md5_hex(std::string_view text);
std::string sha256_hex(std::string_view text);

}  // namespace wxsec::decrypt
