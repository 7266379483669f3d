// Names whose value is a secret, names that are about one, and values that are settings.
#include "src/sniff/secret_names.h"

#include <doctest/doctest.h>

#include "src/sniff/declared_secrets.h"
#include "src/sniff/header_secrets.h"

using namespace wxsec;

namespace {

std::size_t found_in_json(std::string_view text) {
  sniff::SecretsSeen found;
  sniff::scan_declared("application/json", text, found);
  return found.size();
}

std::size_t found_in_field(std::string_view name, std::string_view value) {
  sniff::SecretsSeen found;
  sniff::scan_http_field({name, value}, found);
  return found.size();
}

}  // namespace

TEST_CASE("sniff/secrets: the last words of a name decide") {
  for (const char* name : {"auth_token",
                           "password_confirmation",
                           "passwordHash",
                           "secret_id",
                           "auth_code",
                           "pin_code",
                           "token2",
                           "apiKeyValue",
                           "db_password_main",
                           "X-Auth-Key",
                           "mqtt_pass",
                           "wifiPass",
                           "credentials",
                           "pass_phrase",
                           "auth_session",
                           "token_secret",
                           "passKey",
                           "pass_key",
                           "pin_number",
                           "auth_pw",
                           "auth_cookie",
                           "pass_wifi",
                           "user_pass_md5",
                           "password_guest_wifi",
                           "api_key_weather_underground",
                           "token_home_assistant"}) {
    CAPTURE(name);
    CHECK(sniff::is_secret_name(name));
  }
  for (const char* name : {"auth_mode",
                           "auth_server",
                           "pass_rate",
                           "token_index",
                           "nextPageToken",
                           "password_set",
                           "X-Auth-Request-Email",
                           "X-Auth-User",
                           "X-Token-Ttl",
                           "X-Pass-Through",
                           "token_id",
                           "X-Auth-Method-Used",
                           "X-Auth-Expires-Seconds",
                           "has_password",
                           "token_expires_in",
                           "pin_code_length",
                           "auth_provider",
                           "passwordResetAt",
                           "next_page_token",
                           "auth_time",
                           "access_token_url",
                           "X-Auth-Failure-Count-Max",
                           "api_key_name",
                           "auth_status"}) {
    CAPTURE(name);
    CHECK_FALSE(sniff::is_secret_name(name));
  }
}

TEST_CASE("sniff/secrets: settings that are called like a secret are none") {
  for (const char* text : {R"({"auth":"none"})", R"({"pass":"yes"})", R"({"pass":"99"})",
                           R"({"auth":1})", R"({"credentials":"include"})", R"({"pin":4})",
                           R"({"token":"null"})", R"({"wifi_auth":"WPA2"})"}) {
    CAPTURE(text);
    CHECK(found_in_json(text) == 0);
  }
  CHECK(found_in_field("X-Forwarded-Client-Auth", "none") == 0);
  CHECK(found_in_field("Token", "False") == 0);
  CHECK(found_in_field("X-Auth-User", "alice") == 0);
}

TEST_CASE("sniff/secrets: short and plain words that may be a secret stay one") {
  for (const char* text : {R"({"password":7})", R"({"pin":1234})", R"({"pass":"s3"})",
                           R"({"auth":"4711"})", R"({"password":"basic"})"}) {
    CAPTURE(text);
    CHECK(found_in_json(text) == 1);
  }
  CHECK(found_in_field("X-Auth-Token", "none-of-yours") == 1);
}
