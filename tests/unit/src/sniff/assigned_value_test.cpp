// Settings written as `name = value`, whose values look a little like programs, and programs.
#include "src/sniff/assigned_value.h"

#include <doctest/doctest.h>

#include "tests/support/secret_notes.h"

using namespace wxsec;
using test::body;
using test::masked;
using test::Notes;

TEST_CASE("sniff/secrets: settings may hold what programs hold") {
  for (const char* value :
       {"tr(ee42Kestrel", "Kestrel[1]x", "my home Kestrel", "Kestrel42;", "Kestrel [1]", "Kestrel(",
        "(Kestrel)", "k[]:Kestrel", "a;b;Kestrel7;", "Kestrel)", "new Kestrel", "4(Kestrel)"}) {
    CAPTURE(value);
    const std::string text = std::string("[Station]\n    password = ") + value + "\n";
    CHECK(body("text/plain", text) == Notes{std::string("form field|password|") + value});
    CHECK(body("application/x-www-form-urlencoded", std::string("a=1&password =") + value) ==
          Notes{std::string("form field|password|") + value});
    CHECK(masked("text/plain", text).find("Kestrel") == std::string::npos);
  }
}

TEST_CASE("sniff/secrets: what may be a program or a password is hidden, not told") {
  for (const char* value : {"Kestrel[1]", "tr(Kestrel)", "Kestrel;", "tr(Kestrel);", "Kestrel()",
                            "not yet Kestrel", "await Kestrel(1)"}) {
    CAPTURE(value);
    const std::string text = std::string("password = ") + value + "\n";
    CHECK(body("text/plain", text).empty());
    CHECK(masked("text/plain", text).find("Kestrel") == std::string::npos);
  }
}

TEST_CASE("sniff/secrets: several words behind a pass, an auth or a token are hidden, not told") {
  for (const char* line : {"PASS = NOAA 19 at 12:03", "pass = 1 of 4", "mqtt_pass = NOAA 19",
                           "auth = wpa2 psk", "token = a + b2 * 2", "password = list[0].value;"}) {
    CAPTURE(line);
    const std::string value = std::string(line).substr(std::string(line).find("= ") + 2);
    CHECK(body("text/plain", line).empty());
    CHECK(masked("text/plain", line).find(value) == std::string::npos);
  }
  CHECK(body("text/plain", "wifi_password = my home Kestrel") ==
        Notes{"form field|wifi_password|my home Kestrel"});
  CHECK(body("text/plain", "mqtt_pass = Kestrel42;") == Notes{"form field|mqtt_pass|Kestrel42;"});
}

TEST_CASE("sniff/secrets: programs are shown") {
  for (const char* line :
       {"token = strtok(buf, \" \");", "password = models.CharField(max_length=20)",
        "api_key = os.environ['KEY']", "password = new Password(\"x\");",
        "token = await self.read(\"token\")", "token = request.headers[\"X\"].strip()"}) {
    CAPTURE(line);
    CHECK(body("text/plain", line).empty());
    CHECK(masked("text/plain", line) == line);
  }
}

TEST_CASE("sniff/secrets: values in quotes are settings") {
  CHECK(sniff::assigned("token", "\"a (b)\"") == sniff::Assigned::setting);
  CHECK(sniff::assigned("password", "'a';") == sniff::Assigned::setting);
  CHECK(sniff::assigned("password", "") == sniff::Assigned::setting);
  CHECK(sniff::assigned("password", ";") == sniff::Assigned::doubtful);
}

TEST_CASE("sniff/secrets: sentences are hidden where they may be a passphrase") {
  for (const auto& [type, text] :
       {std::pair("application/json", R"({"name":"wifi_password","value":"my home Kestrel"})"),
        std::pair("application/json", R"([{"value":"my home Kestrel","key":"pass_phrase"}])"),
        std::pair("application/yaml", "wifi:\n  password: my home Kestrel\n"),
        std::pair("text/plain", "password: my home Kestrel\r\n")}) {
    CAPTURE(text);
    CHECK(body(type, text).empty());
    CHECK(masked(type, text).find("Kestrel") == std::string::npos);
  }
  CHECK(
      masked("application/json", R"({"name":"station","value":"my home Kestrel"})").find("****") ==
      std::string::npos);
}
