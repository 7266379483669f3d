// TLS policies as data. The names are OpenSSL's; the choice follows Mozilla's server-side guideline
// 5.7 with one change: no finite-field DHE, because a client cannot bound how weak its group is and
// every peer we have met does elliptic curves.
#include "lib/tls/policy.h"

namespace wxsec::tls {
namespace {

constexpr const char* kSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

}  // namespace

std::string_view version_name(Version version) {
  switch (version) {
    case Version::tls1_0: return "TLSv1";
    case Version::tls1_1: return "TLSv1.1";
    case Version::tls1_2: return "TLSv1.2";
    case Version::tls1_3: return "TLSv1.3";
  }
  return "TLS";
}

std::optional<Version> version_from_wire(int code) {
  switch (code) {
    case 0x0301: return Version::tls1_0;
    case 0x0302: return Version::tls1_1;
    case 0x0303: return Version::tls1_2;
    case 0x0304: return Version::tls1_3;
    default: return std::nullopt;
  }
}

Policy intermediate() {
  return {.floor = Version::tls1_2,
          .ceiling = Version::tls1_3,
          .ciphers =
              "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
          .suites = kSuites,
          .groups = kGroups,
          .security_level = 2};
}

Policy modern() {
  Policy policy = intermediate();
  policy.floor = Version::tls1_3;
  return policy;
}

Policy everything_for_a_lesson() {
  return {.floor = Version::tls1_0,
          .ceiling = Version::tls1_3,
          .ciphers = "ALL:eNULL:!aNULL:!PSK:!SRP",  // still no peer without a certificate
          .suites = kSuites,
          .groups = "X25519:P-256:P-384:P-521",
          .security_level = 0};
}

}  // namespace wxsec::tls
