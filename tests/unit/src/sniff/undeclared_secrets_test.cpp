// Secrets where nothing declares them: JSON by another name, lines of text, values named beside
// them.
#include <doctest/doctest.h>

#include "src/sniff/secrets.h"
#include "tests/support/secret_notes.h"
#include "tests/support/talk_builder.h"

using namespace wxsec;
using test::body;
using test::field;
using test::Notes;
using test::target;

TEST_CASE("sniff/secrets: JSON that is declared to be something else") {
  const std::string text = R"( {"user":"a","password":"s3cret"})";
  for (const char* type : {"application/x-www-form-urlencoded", "*/*", "text/html", "text/plain",
                           "application/javascript", "text/xml", "application/octet-stream", ""}) {
    CAPTURE(type);
    CHECK(body(type, text) == Notes{"json field|password|s3cret"});
    CHECK(body(type, "\xEF\xBB\xBF" + text) == Notes{"json field|password|s3cret"});
  }
  CHECK(body("text/event-stream", "event: a\ndata: {\"token\":\"t0k3n\"}\n\n") ==
        Notes{"json field|token|t0k3n"});
  CHECK(body("application/x-www-form-urlencoded", "[password]=s3cret") ==
        Notes{"form field|[password]|s3cret"});
  CHECK(body("text/html", "<p>{\"password\":\"s3cret\"}</p>").empty());
}

TEST_CASE("sniff/secrets: JSON in a form's value, masked where it stands") {
  const std::string text = "a=1&data=%7B%22password%22:%22s%33cret%22%7D&b=2";
  const std::string type = "application/x-www-form-urlencoded";
  CHECK(body(type, text) == Notes{"json field|password|s3cret"});
  sniff::SecretsSeen found;
  sniff::scan_declared(type, text, found);
  CHECK(sniff::masked_copy(text, found) == "a=1&data=%7B%22password%22:%22********%22%7D&b=2");
  CHECK(target("/x?q={\"token\":\"t0k3n\"}") == Notes{"json field|token|t0k3n"});
  CHECK(target("/x?q=[a]%3Fpassword=s3cret") == Notes{"query field|password|s3cret"});
}

TEST_CASE("sniff/secrets: plain text with settings in lines") {
  const Notes want{"text field|password|s3cret"};
  CHECK(body("text/plain", "# x\npassword: s3cret\n") == want);
  CHECK(body("application/yaml", "mqtt:\n  password: s3cret\n") == want);
  CHECK(body("text/plain", "# x\r\npassword = s3cret\r\n") == Notes{"form field|password|s3cret"});
  CHECK(body("text/plain", "the password: is wrong\npassword: must be long\n").empty());
}

TEST_CASE("sniff/secrets: values whose name stands beside them") {
  const Notes json{"json field|password|s3cret"};
  const Notes xml{"xml element|password|s3cret"};
  const std::string type = "application/json";
  CHECK(body(type, R"([{"name":"password","value":"s3cret"},{"name":"a","value":"b"}])") == json);
  CHECK(body(type, R"({"value":"s3cret","type":"x","key":"password"})") == json);
  for (const char* text :
       {R"([{"name":"password"},{"value":"b"}])", R"([{"value":"b"},{"name":"password","min":8}])",
        R"({"name":"password","value":""})", R"({"name":"bob","value":"token"})"}) {
    CAPTURE(text);
    CHECK(body(type, text).empty());
  }
  CHECK(body("text/xml", "<name>password</name><value><string>s3cret</string></value>") == xml);
  CHECK(body("text/xml", "<key>password</key>\n<string>s3cret</string><key>a</key>") == xml);
  CHECK(body("text/xml", "<name>password</name><value><string>s3cret") == xml);
  CHECK(body("text/xml", "<name>password</name><type>string</type><value>x</value>").empty());
}

TEST_CASE("sniff/secrets: what weather services call their keys") {
  CHECK(target("/d?PASSKEY=0A1B2C&model=x") == Notes{"query field|PASSKEY|0A1B2C"});
  CHECK(target("/d?siteid=1&siteAuthenticationKey=s3cret") ==
        Notes{"query field|siteAuthenticationKey|s3cret"});
  CHECK(target("/d?applicationKey=k-1") == Notes{"query field|applicationKey|k-1"});
  CHECK(target("/e?q=Paris&appid=0123456789abcdef0123456789abcdef") ==
        Notes{"query field|appid|0123456789abcdef0123456789abcdef"});
  CHECK(target("/e?appid=440").empty());
  CHECK(target("/e?appid=com.example.application1").empty());
}

TEST_CASE("sniff/secrets: heads that are told in JSON") {
  CHECK(body("application/json", R"({"headers":{"Authorization":"Bearer t0k3n"}})") ==
        Notes{"json field|Authorization|Bearer t0k3n"});
  CHECK(body("application/json", R"({"authorization":"none","authorization_url":"x"})").empty());
  CHECK(field("Cookie", "wordpress_logged_in_ab=bob%7C17%7Cs3cret; wordpress_test=x") ==
        Notes{"cookie|wordpress_logged_in_ab|bob%7C17%7Cs3cret"});
}

TEST_CASE("sniff/secrets: programs, answers and translations are none") {
  for (const char* line :
       {"token = strtok(buf, \" \");", "password = models.CharField(max_length=20)",
        "api_key = os.environ['KEY']", "Auth: failed", "Token: expired", "Password: incorrect"}) {
    CAPTURE(line);
    CHECK(body("text/plain", line).empty());
  }
  CHECK(body("text/plain", "password = \"two words\"").size() == 1);
  CHECK(body("application/json", R"({"key":"password","value":"Passwort eingeben"})").empty());
}

TEST_CASE("sniff/secrets: JSON behind what may begin a section") {
  const Notes want{"json field|password|Kestrel"};
  for (const char* begin : {"[INFO]", "[1]", "[]", "\xEF\xBB\xBF [[a]]"}) {
    const std::string text = std::string(begin) + "\n{\"password\":\"Kestrel\"}";
    for (const char* type :
         {"application/x-www-form-urlencoded", "text/html", "text/plain", "", "application/json"}) {
      CAPTURE(text);
      CAPTURE(type);
      CHECK(body(type, text) == want);
    }
  }
}

TEST_CASE("sniff/secrets: lines and JSON behind a section") {
  CHECK(body("text/plain",
             "[Station]\npassword = Kestrel1\n[[W]]\nset = {\"token\":\"Kestrel2\"}\n") ==
        Notes{"form field|password|Kestrel1", "json field|token|Kestrel2"});
}

namespace {

Notes published(const std::string& payload) {
  test::TalkBuilder talk;
  talk.client(test::mqtt_connect()).client(test::mqtt_publish("a", payload));
  Notes out;
  talk.run([&](const flow::Event& event) {
    for (const sniff::SecretSeen& one : sniff::find_secrets(event))
      out.push_back(std::string(one.kind) + "|" + one.name + "|" + one.value);
  });
  return out;
}

}  // namespace

TEST_CASE("sniff/secrets: MQTT payloads behind what may begin a section") {
  CHECK(published("[mqtt]\nurl = mqtt://u:Kestrel@h\n") == Notes{"url password|u|Kestrel"});
  for (const char* begin : {"[INFO]", "[1]", "[]"}) {
    CAPTURE(begin);
    CHECK(published(std::string(begin) + "\n{\"password\":\"Kestrel\"}") ==
          Notes{"json field|password|Kestrel"});
  }
}
