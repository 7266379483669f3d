#include "lib/pki/password_hash.h"

#include <doctest/doctest.h>

using wxsec::core::Secret;
using wxsec::pki::hash_password;
using wxsec::pki::password_matches;

// made-with: mosquitto_passwd -b passwords bob secret   (mosquitto 2.0.11)
constexpr const char* kFromMosquitto =
    "$7$101$G8TElN7AoCGtf8SP$OVpoSSOIJb72s7k98XwPDulc/zoozMOd9Z7fOCASYG2G5TwyZ/"
    "K2s4xDCzSM9WAi0sVZVWThTj3JRXKRjAE8QA==";

TEST_CASE("pki/password_hash: an entry of mosquitto_passwd matches its password only") {
  CHECK(password_matches(kFromMosquitto, Secret("secret")));
  CHECK_FALSE(password_matches(kFromMosquitto, Secret("Secret")));
  CHECK_FALSE(password_matches(kFromMosquitto, Secret("")));
}

TEST_CASE("pki/password_hash: our entries match, and no two are alike") {
  const auto one = hash_password(Secret("rain"), 101);
  const auto two = hash_password(Secret("rain"), 101);
  REQUIRE(one);
  REQUIRE(two);
  CHECK(*one != *two);
  CHECK(one->starts_with("$7$101$"));
  CHECK(one->find("rain") == std::string::npos);
  CHECK(password_matches(*one, Secret("rain")));
  CHECK_FALSE(password_matches(*one, Secret("snow")));
}

TEST_CASE("pki/password_hash: what is not an entry matches nothing") {
  for (const char* entry :
       {"", "secret", "$7$", "$7$0$AAAA$AAAA", "$6$101$AAAA$AAAA", "$7$101$AAAA$",
        "$7$99999999999$AAAA$AAAA", "$7$101$!!!!$AAAA", "$7$101$AAAA$AAAA"}) {
    CHECK_FALSE(password_matches(entry, Secret("secret")));
  }
  CHECK_FALSE(hash_password(Secret("rain"), 0));
}
