// ACME's objects (RFC 8555 7.1), taken out of whatever JSON the server sent. Missing or oddly typed
// members are empty here; what cannot be worked with is an error. All text is untrusted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/result.h"
#include "src/acme/problem.h"

namespace wxsec::acme {

struct Directory {
  std::string new_nonce = {};
  std::string new_account = {};
  std::string new_order = {};
  std::string renewal_info = {};  // RFC 9773; empty: the server has none
  std::string terms_of_service = {};
  bool external_account_required = false;
  std::map<std::string, std::string> profiles = {};  // name -> description; empty: none offered
};
// Fails with protocol where one of the first three is missing.
core::Result<Directory> parse_directory(std::string_view body);

// Of accounts, orders, authorizations and challenges alike. RFC 8555 7.1.6.
enum class Status {
  pending,
  ready,
  processing,
  valid,
  invalid,
  deactivated,
  expired,
  revoked,
  unknown
};
std::string_view status_text(Status status);

struct Challenge {
  std::string type = {};  // "http-01"
  std::string url = {};
  std::string token = {};  // empty unless 1-128 characters of base64url: it becomes a file name
  Status status = Status::unknown;
  std::optional<Problem> error = {};
};

struct Authorization {
  std::string name = {};  // the DNS name
  bool wildcard = false;
  Status status = Status::unknown;
  std::vector<Challenge> challenges = {};
};
core::Result<Authorization> parse_authorization(std::string_view body);

inline constexpr std::size_t kMaxNames = 100;  // in one order, as Let's Encrypt has it

struct Order {
  Status status = Status::unknown;
  std::vector<std::string> authorizations = {};
  std::string finalize = {};
  std::string certificate = {};  // once valid
  std::optional<Problem> error = {};
};
// Fails with protocol where it is no order, or asks for more than kMaxNames authorizations.
core::Result<Order> parse_order(std::string_view body);

// When the server would like the certificate renewed. RFC 9773 4.2.
struct RenewalInfo {
  core::Instant start = {};
  core::Instant end = {};
  std::string explanation_url = {};
};
// Fails with protocol where the window is missing or ends before it starts.
core::Result<RenewalInfo> parse_renewal_info(std::string_view body);

}  // namespace wxsec::acme
