// Certificate revocation lists (RFC 5280 section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/result.h"

namespace wxsec::pki {

// RFC 5280 5.3.1, those that make sense for devices.
enum class RevocationReason {
  unspecified = 0,
  key_compromise = 1,
  ca_compromise = 2,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
  privilege_withdrawn = 9
};
std::string_view revocation_reason_text(RevocationReason reason);
core::Result<RevocationReason> parse_revocation_reason(std::string_view text);

struct Revoked {
  std::string serial = {};  // hexadecimal as in Certificate::serial
  core::Instant at = {};
  RevocationReason reason = RevocationReason::unspecified;
};

struct Crl {
  core::Bytes der = {};
  std::string issuer = {};
  std::string authority_key_id = {};
  std::string number = {};  // hexadecimal, "" if absent
  core::Instant this_update = {};
  std::optional<core::Instant> next_update = {};
  std::vector<Revoked> revoked = {};
};

// Fail with malformed; the second with not_found when there is none.
core::Result<Crl> parse_crl(core::ByteView der);
core::Result<std::vector<Crl>> parse_crls(std::string_view pem_or_der);
std::string to_pem(const Crl& crl);

}  // namespace wxsec::pki
