// Fingerprints of TLS hellos: the same program says hello the same way. JA3 and JA3S
// (Salesforce's published description), JA4 (FoxIO's published description, the TLS client part).
#pragma once

#include <string>
#include <string_view>

#include "lib/proto/tls_hello.h"

namespace wxsec::proto {

using HexDigest = std::string (*)(std::string_view);

// "771,4865-4866,...": the text whose MD5 is JA3.
std::string ja3_text(const TlsClientHello& hello);
std::string ja3s_text(const TlsServerHello& hello);
// "t13d1516h2_8daaf6152771_e5627efa2ab1" over TCP; the digest comes from the caller, since codecs
// know no cryptography.
std::string ja4(const TlsClientHello& hello, HexDigest sha256);

}  // namespace wxsec::proto
