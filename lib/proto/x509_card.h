// The few fields of an X.509 certificate that are worth showing when one passes by on the wire. No
// check whatever: that is lib/pki's work, with OpenSSL. RFC 5280 4.1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"

namespace wxsec::proto {

struct X509Card {
  std::string subject;  // "CN=broker.wx.test,O=Weather": most specific first, bytes as they came
  std::string issuer;
  std::string serial;  // lower-case hex
  core::Instant not_before;
  core::Instant not_after;
  std::vector<std::string> dns_names;  // subjectAltName
  bool self_issued = false;            // subject and issuer are the same bytes
  std::size_t size = 0;                // of the DER
};

// Nothing if `der` is not shaped like a certificate.
std::optional<X509Card> read_x509_card(core::ByteView der);

}  // namespace wxsec::proto
