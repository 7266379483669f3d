// Which TLS we speak: versions, cipher suites, groups. Data, not code: a policy is chosen by name
// and passed in, so the calling line says what is allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wxsec::tls {

// Oldest first, so that they compare. OpenSSL 3 cannot speak SSLv2 or SSLv3 at all.
enum class Version { tls1_0, tls1_1, tls1_2, tls1_3 };

// "TLSv1.2": the name that OpenSSL, nginx and mosquitto use too.
std::string_view version_name(Version version);
// From the two bytes on the wire (0x0303 is TLS 1.2); nothing for any other.
std::optional<Version> version_from_wire(int code);

struct Policy {
  Version floor = Version::tls1_2;
  Version ceiling = Version::tls1_3;
  std::string ciphers;     // TLS 1.2 and older, OpenSSL's names
  std::string suites;      // TLS 1.3
  std::string groups;      // key exchange, best first; also those a certificate's key may be of
  int security_level = 2;  // SSL_CTX_set_security_level(3): 2 means 112 bits, no SHA-1, RSA >= 2048
};

// Mozilla's server-side guideline 5.7, "intermediate": TLS 1.2 and 1.3, forward secrecy and AEAD
// only. What every part of wxsec uses unless told otherwise.
Policy intermediate();

// Mozilla's "modern": TLS 1.3 alone.
Policy modern();

// Everything the library can still speak, TLS 1.0 included, at security level 0: for looking at
// old peers and for lessons. Never for data that matters.
Policy everything_for_a_lesson();

}  // namespace wxsec::tls
