#include "src/acme/messages.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "src/acme/headers.h"
#include "src/acme/json.h"

namespace wxsec::acme {
namespace {

constexpr std::size_t kMaxToken = 128;
constexpr std::size_t kMaxChallenges = 20;
constexpr std::size_t kMaxProfiles = 20;
constexpr std::array<std::string_view, 9> kStatus{"pending", "ready",   "processing",
                                                  "valid",   "invalid", "deactivated",
                                                  "expired", "revoked", "unknown"};

Status status_of(const Json& json) {
  const std::string text = text_at(json, "status");
  const auto* const found = std::find(kStatus.begin(), kStatus.end(), text);
  return found == kStatus.end() ? Status::unknown : static_cast<Status>(found - kStatus.begin());
}

core::Failure not_a(std::string_view what) {
  return core::fail(core::Code::protocol, fmt::format("the server's answer is no ACME {}", what),
                    "is the URL that of an ACME directory?");
}

std::optional<Problem> error_of(const Json& json) {
  const Json& error = child_of(json, "error");
  if (!error.is_object()) return std::nullopt;
  return parse_problem(error.dump(-1, ' ', false, Json::error_handler_t::replace), 0);
}

Challenge challenge_of(const Json& json) {
  Challenge challenge;
  challenge.type = text_at(json, "type");
  challenge.url = text_at(json, "url");
  challenge.token = text_at(json, "token");
  if (!is_nonce(challenge.token) || challenge.token.size() > kMaxToken) challenge.token.clear();
  challenge.status = status_of(json);
  challenge.error = error_of(json);
  return challenge;
}

}  // namespace

std::string_view status_text(Status status) { return kStatus[static_cast<std::size_t>(status)]; }

core::Result<Directory> parse_directory(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) return not_a("directory");
  Directory directory;
  directory.new_nonce = text_at(*json, "newNonce");
  directory.new_account = text_at(*json, "newAccount");
  directory.new_order = text_at(*json, "newOrder");
  directory.renewal_info = text_at(*json, "renewalInfo");
  if (directory.new_nonce.empty() || directory.new_account.empty() || directory.new_order.empty())
    return not_a("directory");
  const Json& meta = child_of(*json, "meta");
  directory.terms_of_service = text_at(meta, "termsOfService");
  directory.external_account_required = true_at(meta, "externalAccountRequired");
  if (const Json& profiles = child_of(meta, "profiles"); profiles.is_object())
    for (const auto& [name, description] : profiles.items())
      if (directory.profiles.size() < kMaxProfiles)
        directory.profiles.emplace(name, text_of(description));
  return directory;
}

core::Result<Authorization> parse_authorization(std::string_view body) {
  const auto json = parse_json(body);
  if (!json || !child_of(*json, "challenges").is_array()) return not_a("authorization");
  Authorization authorization;
  authorization.name = text_at(child_of(*json, "identifier"), "value");
  authorization.wildcard = true_at(*json, "wildcard");
  authorization.status = status_of(*json);
  for (const Json& each : items_of(child_of(*json, "challenges")))
    if (authorization.challenges.size() < kMaxChallenges)
      authorization.challenges.push_back(challenge_of(each));
  return authorization;
}

core::Result<Order> parse_order(std::string_view body) {
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return not_a("order");
  Order order;
  order.status = status_of(*json);
  order.authorizations = texts_at(*json, "authorizations");
  order.finalize = text_at(*json, "finalize");
  order.certificate = text_at(*json, "certificate");
  order.error = error_of(*json);
  if (order.status == Status::unknown || order.finalize.empty() ||
      order.authorizations.size() > kMaxNames)
    return not_a("order");
  return order;
}

core::Result<RenewalInfo> parse_renewal_info(std::string_view body) {
  const auto json = parse_json(body);
  if (!json) return not_a("renewal information");
  const Json& window = child_of(*json, "suggestedWindow");
  const auto start = time_at(window, "start");
  const auto end = time_at(window, "end");
  if (!start || !end || *end <= *start) return not_a("renewal information");
  return RenewalInfo{*start, *end, text_at(*json, "explanationURL").substr(0, 500)};
}

}  // namespace wxsec::acme
