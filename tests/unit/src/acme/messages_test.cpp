#include "src/acme/messages.h"

#include <doctest/doctest.h>

#include "lib/core/time.h"

using namespace wxsec;
using namespace wxsec::acme;

// The objects are RFC 8555's own examples (7.1.1, 7.1.3, 7.1.4) and RFC 9773's (4.2).

TEST_CASE("acme/messages: directory") {
  const auto directory = parse_directory(R"({
    "newNonce": "https://example.com/acme/new-nonce",
    "newAccount": "https://example.com/acme/new-account",
    "newOrder": "https://example.com/acme/new-order",
    "newAuthz": "https://example.com/acme/new-authz",
    "revokeCert": "https://example.com/acme/revoke-cert",
    "keyChange": "https://example.com/acme/key-change",
    "renewalInfo": "https://example.com/acme/renewal-info",
    "meta": {"termsOfService": "https://example.com/acme/terms/2017-5-30",
             "website": "https://www.example.com/", "caaIdentities": ["example.com"],
             "externalAccountRequired": false,
             "profiles": {"classic": "ninety days", "shortlived": "six days"}}})");
  REQUIRE(directory);
  CHECK(directory->new_order == "https://example.com/acme/new-order");
  CHECK(directory->renewal_info == "https://example.com/acme/renewal-info");
  CHECK(directory->terms_of_service == "https://example.com/acme/terms/2017-5-30");
  CHECK_FALSE(directory->external_account_required);
  CHECK(directory->profiles.at("shortlived") == "six days");
  CHECK(parse_directory("{}").error().code == core::Code::protocol);
}

TEST_CASE("acme/messages: order") {
  const auto order = parse_order(R"({
    "status": "valid", "expires": "2016-01-20T14:09:07.99Z",
    "identifiers": [{"type": "dns", "value": "www.example.org"}],
    "notBefore": "2016-01-01T00:00:00Z", "notAfter": "2016-01-08T00:00:00Z",
    "authorizations": ["https://example.com/acme/authz/PAniVnsZcis",
                       "https://example.com/acme/authz/r4HqLzrSrpI"],
    "finalize": "https://example.com/acme/order/TOlocE8rfgo/finalize",
    "certificate": "https://example.com/acme/cert/mAt3xBGaobw"})");
  REQUIRE(order);
  CHECK(order->status == Status::valid);
  CHECK(order->authorizations.size() == 2);
  CHECK(order->certificate == "https://example.com/acme/cert/mAt3xBGaobw");
  CHECK_FALSE(order->error);
}

TEST_CASE("acme/messages: authorization, and a token that would be a path is none") {
  const auto authorization = parse_authorization(R"({
    "status": "pending", "expires": "2016-01-02T14:09:30Z",
    "identifier": {"type": "dns", "value": "www.example.org"},
    "challenges": [
      {"type": "http-01", "url": "https://example.com/acme/chall/prV_B7yEyA4",
       "token": "DGyRejmCefe7v4NfDGDKfA", "status": "invalid",
       "error": {"type": "urn:ietf:params:acme:error:dns", "detail": "no address"}},
      {"type": "dns-01", "url": "https://example.com/acme/chall/Rg5dV14Gh1Q",
       "token": "../../etc/passwd"}]})");
  REQUIRE(authorization);
  CHECK(authorization->name == "www.example.org");
  REQUIRE(authorization->challenges.size() == 2);
  CHECK(authorization->challenges[0].token == "DGyRejmCefe7v4NfDGDKfA");
  REQUIRE(authorization->challenges[0].error);
  CHECK(authorization->challenges[0].error->type == "dns");
  CHECK(authorization->challenges[1].token.empty());
}

TEST_CASE("acme/messages: renewal information") {
  const auto info = parse_renewal_info(R"({
    "suggestedWindow": {"start": "2025-01-02T04:00:00Z", "end": "2025-01-03T04:00:00Z"},
    "explanationURL": "https://acme.example.com/docs/ari"})");
  REQUIRE(info);
  CHECK(core::rfc3339(info->start) == "2025-01-02T04:00:00Z");
  CHECK(info->explanation_url == "https://acme.example.com/docs/ari");
  CHECK_FALSE(parse_renewal_info(
      R"({"suggestedWindow":{"start":"2025-01-03T04:00:00Z","end":"2025-01-02T04:00:00Z"}})"));
}

TEST_CASE("acme/messages: JSON of any other shape is an error, never a crash") {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "[";
  for (const std::string& odd :
       {std::string("null"), std::string("[]"), std::string("7"), std::string("\"x\""),
        std::string("{"), std::string(), std::string(R"({"challenges":{},"status":[]})"),
        std::string(R"({"status":"valid","finalize":7})"),
        std::string(R"({"newNonce":1,"newAccount":[],"newOrder":{}})"),
        std::string(R"({"suggestedWindow":[1,2]})"), deep}) {
    CHECK_FALSE(parse_directory(odd).has_value());
    CHECK_FALSE(parse_order(odd).has_value());
    CHECK_FALSE(parse_authorization(odd).has_value());
    CHECK_FALSE(parse_renewal_info(odd).has_value());
  }
}

TEST_CASE("acme/messages: an order with more authorizations than names may be ordered is refused") {
  std::string many =
      R"({"status":"pending","finalize":"https://x/f","authorizations":["https://x/0")";
  for (int i = 0; i < 100; ++i) many += ",\"https://x/1\"";
  CHECK_FALSE(parse_order(many + "]}"));
}
