#include "src/acme/jws.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "lib/pki/jose.h"
#include "lib/pki/pem.h"

using namespace wxsec;
using namespace wxsec::acme;
using nlohmann::json;

namespace {

// The EC key of RFC 7517 A.2, as PKCS#8 (made with openssl ec from its x, y and d).
constexpr const char* kRfcKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg870MB6gfuTJ4HtUn\n"
    "UvYMyJpr5eUZNP4Bk43bVdj3eAGhRANCAAQwoEJM0hwpRIOKLXXJKzfnbqINnwCJ\n"
    "OjtO7oo8Cq/sPuBLZekkVtmIi1Kzeb371R7oae8fD8ZbZllpW2zOCBcj\n"
    "-----END PRIVATE KEY-----\n";

std::string decoded(const json& value) {
  const core::Bytes bytes = pki::decode_base64url(value.get<std::string>()).value();
  return std::string(core::as_text(bytes));
}

// The message that was signed, and whether the signature holds.
bool holds(const json& jws, const pki::Key& key) {
  const std::string message =
      jws["protected"].get<std::string>() + "." + jws["payload"].get<std::string>();
  const auto signature = pki::decode_base64url(jws["signature"].get<std::string>());
  return pki::verify_es256(key.public_key(), core::as_bytes(message), *signature);
}

}  // namespace

TEST_CASE("acme/jws: the JWK has its members in the order that is hashed") {
  const pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  const std::string jwk = jwk_of(key).value();
  const json parsed = json::parse(jwk);
  CHECK(parsed.dump() == jwk);  // nlohmann's json sorts members, as RFC 7638 3 asks for
  CHECK(parsed.size() == 4);
  CHECK(parsed["x"].get<std::string>().size() == 43);
  CHECK(jwk_of(pki::Key::generate(pki::KeyType::ed25519).value()).error().code ==
        core::Code::usage);
}

TEST_CASE("acme/jws: the public key of RFC 7517 A.1 and its thumbprint") {
  const auto key = pki::Key::parse(kRfcKey, {});
  REQUIRE(key);
  CHECK(jwk_of(*key).value() ==
        R"({"crv":"P-256","kty":"EC","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
        R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"})");
  CHECK(thumbprint_of(*key).value() == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
}

TEST_CASE("acme/jws: a request of a new account shows its key, a later one names the account") {
  const pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  const json first =
      json::parse(sign_request({key, ""}, "https://ca.test/new", "nonce-1", "{\"a\":1}").value());
  CHECK(holds(first, key));
  json head = json::parse(decoded(first["protected"]));
  CHECK(head == json{{"alg", "ES256"},
                     {"jwk", json::parse(jwk_of(key).value())},
                     {"nonce", "nonce-1"},
                     {"url", "https://ca.test/new"}});
  CHECK(decoded(first["payload"]) == "{\"a\":1}");

  const json later = json::parse(
      sign_request({key, "https://ca.test/acct/1"}, "https://ca.test/x", "n2", "").value());
  CHECK(holds(later, key));
  CHECK(later["payload"] == "");  // POST-as-GET, RFC 8555 6.3
  head = json::parse(decoded(later["protected"]));
  CHECK(head["kid"] == "https://ca.test/acct/1");
  CHECK_FALSE(head.contains("jwk"));
}

TEST_CASE("acme/jws: an external account's binding is signed over our key, for one URL") {
  const pki::Key key = pki::Key::generate(pki::KeyType::p256).value();
  const ExternalAccount external{"kid-1", core::Secret("the MAC key")};
  const json binding =
      json::parse(bind_external(external, key, "https://ca.test/new-account").value());
  const json head = json::parse(decoded(binding["protected"]));
  CHECK(head == json{{"alg", "HS256"}, {"kid", "kid-1"}, {"url", "https://ca.test/new-account"}});
  CHECK(decoded(binding["payload"]) == jwk_of(key).value());
  const std::string message =
      binding["protected"].get<std::string>() + "." + binding["payload"].get<std::string>();
  CHECK(pki::encode_base64url(pki::hmac_sha256(external.hmac_key, core::as_bytes(message))) ==
        binding["signature"]);
}
