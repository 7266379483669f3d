// All findings that wxsec can make: attack, sniff, `certs check` and `broker check` share these ids
// and texts. An id once given never changes its meaning. A test asserts that ids and texts are
// unique and none is empty; `wxsec explain ID` shows the entry.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/report/finding.h"

namespace wxsec::report {

struct Entry {
  std::string_view id;
  Severity severity;
  std::string_view title;
  std::string_view why;
  std::string_view remedy;
  std::string_view recheck;  // "{}" stands for where it was found
};

// Sorted by family (CERT, HTTP, MQTT, NET, TLS), then number.
const std::vector<Entry>& catalogue();

// Null if there is no such id. Exact spelling.
const Entry* find_entry(std::string_view id);

// The finding `id` at `where`, texts from the catalogue. An unknown id is a bug and aborts.
Finding make_finding(std::string_view id, std::string where, std::vector<std::string> evidence);

// The ids by name, so that a typing error is a compiler error.
namespace id {

inline constexpr std::string_view kPlainPublish = "WX-MQTT-001";
inline constexpr std::string_view kPlainSubscribe = "WX-MQTT-002";
inline constexpr std::string_view kPlainMqttServed = "WX-MQTT-003";
inline constexpr std::string_view kMqttPasswordInClear = "WX-MQTT-004";
inline constexpr std::string_view kReadingsInClear = "WX-MQTT-005";
inline constexpr std::string_view kAnonymousClients = "WX-MQTT-006";
inline constexpr std::string_view kNoClientCertificate = "WX-MQTT-007";
inline constexpr std::string_view kForeignClientCa = "WX-MQTT-008";
inline constexpr std::string_view kExpiredClientCertificate = "WX-MQTT-009";
inline constexpr std::string_view kRevokedClientCertificate = "WX-MQTT-010";
inline constexpr std::string_view kPublishAsOther = "WX-MQTT-011";
inline constexpr std::string_view kReadOthers = "WX-MQTT-012";
inline constexpr std::string_view kDefaultPassword = "WX-MQTT-013";
inline constexpr std::string_view kReplayAccepted = "WX-MQTT-014";
inline constexpr std::string_view kPlaintextOnTlsPort = "WX-MQTT-015";
inline constexpr std::string_view kNoAcl = "WX-MQTT-016";
inline constexpr std::string_view kPasswordFilePlain = "WX-MQTT-017";
inline constexpr std::string_view kNoLimits = "WX-MQTT-018";
inline constexpr std::string_view kNoCrl = "WX-MQTT-019";
inline constexpr std::string_view kBrokerAsRoot = "WX-MQTT-020";
inline constexpr std::string_view kUnnoticedListener = "WX-MQTT-021";
inline constexpr std::string_view kWebsocketEverywhere = "WX-MQTT-022";

inline constexpr std::string_view kPlainApi = "WX-HTTP-001";
inline constexpr std::string_view kHttpSecretInClear = "WX-HTTP-002";
inline constexpr std::string_view kHttpDataInClear = "WX-HTTP-003";
inline constexpr std::string_view kNoHsts = "WX-HTTP-004";
inline constexpr std::string_view kNoSecurityHeaders = "WX-HTTP-005";
inline constexpr std::string_view kPlainRedirect = "WX-HTTP-006";

inline constexpr std::string_view kOldProtocol = "WX-TLS-001";
inline constexpr std::string_view kWeakCipher = "WX-TLS-002";
inline constexpr std::string_view kManInTheMiddle = "WX-TLS-003";
inline constexpr std::string_view kWrongNameAccepted = "WX-TLS-004";
inline constexpr std::string_view kMixedFlow = "WX-TLS-005";
inline constexpr std::string_view kNoForwardSecrecy = "WX-TLS-006";
inline constexpr std::string_view kEarlyData = "WX-TLS-007";
inline constexpr std::string_view kTlsOnPlainPort = "WX-TLS-008";

inline constexpr std::string_view kCertExpired = "WX-CERT-001";
inline constexpr std::string_view kCertNotYetValid = "WX-CERT-002";
inline constexpr std::string_view kCertExpiresSoon = "WX-CERT-003";
inline constexpr std::string_view kCertWrongName = "WX-CERT-004";
inline constexpr std::string_view kCertUntrusted = "WX-CERT-005";
inline constexpr std::string_view kCertSelfSigned = "WX-CERT-006";
inline constexpr std::string_view kKeyMismatch = "WX-CERT-007";
inline constexpr std::string_view kKeyExposed = "WX-CERT-008";
inline constexpr std::string_view kWeakKey = "WX-CERT-009";
inline constexpr std::string_view kWeakSignature = "WX-CERT-010";
inline constexpr std::string_view kNoSan = "WX-CERT-011";
inline constexpr std::string_view kWrongPurpose = "WX-CERT-012";
inline constexpr std::string_view kLeafIsCa = "WX-CERT-013";
inline constexpr std::string_view kOutlivesIssuer = "WX-CERT-014";
inline constexpr std::string_view kLifetimeTooLong = "WX-CERT-015";
inline constexpr std::string_view kCertRevoked = "WX-CERT-016";
inline constexpr std::string_view kIncompleteChain = "WX-CERT-017";
inline constexpr std::string_view kStaleCrl = "WX-CERT-018";
inline constexpr std::string_view kServedDiffers = "WX-CERT-019";
inline constexpr std::string_view kUnconstrainedCa = "WX-CERT-020";
inline constexpr std::string_view kCertUnreadable = "WX-CERT-021";
inline constexpr std::string_view kIssuerNotCa = "WX-CERT-022";
inline constexpr std::string_view kBadSignature = "WX-CERT-023";
inline constexpr std::string_view kKeyMissing = "WX-CERT-024";

inline constexpr std::string_view kListensEverywhere = "WX-NET-001";
inline constexpr std::string_view kUnexpectedPort = "WX-NET-002";
inline constexpr std::string_view kPacketsDropped = "WX-NET-003";
inline constexpr std::string_view kConflictingSegments = "WX-NET-004";

}  // namespace id
}  // namespace wxsec::report
