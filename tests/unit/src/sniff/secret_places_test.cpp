// Where people put secrets in bodies, heads and addresses, and what only looks like one.
#include <doctest/doctest.h>

#include "src/sniff/declared_secrets.h"
#include "src/sniff/header_secrets.h"
#include "src/sniff/masking.h"
#include "src/sniff/text_secrets.h"
#include "tests/support/secret_notes.h"

using namespace wxsec;

namespace {

using test::body;
using test::field;
using test::Notes;
using test::target;

std::string part(const std::string& head, const std::string& content) {
  return "--b\r\n" + head + "\r\n\r\n" + content + "\r\n--b--\r\n";
}

}  // namespace

TEST_CASE("sniff/secrets: XML values as CDATA and as attributes") {
  CHECK(body("text/xml", "<Password><![CDATA[s3<c]ret]]></Password>") ==
        Notes{"xml element|Password|s3<c]ret"});
  CHECK(body("text/xml", "<a:Login user='x' a:Password=\"s3c>ret\"/><b>1</b>") ==
        Notes{"xml attribute|Password|s3c>ret"});
  CHECK(body("application/soap+xml", "<x><token type=\"t\"><!-- c -->abc123</token></x>") ==
        Notes{"xml element|token|abc123"});
  CHECK(body("text/xml", "<password>a<b</password>") == Notes{"xml element|password|a<b"});
  CHECK(body("text/xml", "<user>bob</user><password>s3cr") == Notes{"xml element|password|s3cr"});
}

TEST_CASE("sniff/secrets: addresses in addresses that are encoded in part, or twice") {
  for (const char* text :
       {"/x?n=%2Fa?password=s3cret", "/x?n=/a%3Fpassword=s3cret",
        "/x?n=http://h/a%20b?password=s3cret", "/x?n=%252Fa%253Fpassword%253Ds3cret"}) {
    CAPTURE(text);
    CHECK(target(text) == Notes{"query field|password|s3cret"});
  }
}

TEST_CASE("sniff/secrets: XML values in comments, in CDATA, and behind tags that are none") {
  const Notes want{"xml element|password|s3cret"};
  for (const char* text :
       {"<x><![CDATA[<password>s3cret</password>]]></x>", "<!-- <password>s3cret</password> -->",
        "<p>a <b c'</p><password>s3cret</password>", "<a href=it's><password>s3cret</password></a>",
        "<a b='<password>s3cret</password>", "<!-- <!-- <password>s3cret</password>",
        "<user><!-- a --><![CDATA[<!-- <password>s3cret</password> -->]]></user>",
        "<a href=it's><password>s3cret</password></a><b>it's</b>"}) {
    CAPTURE(text);
    CHECK(body("text/xml", text) == want);
  }
  CHECK(body("text/xml", "<password><b/>s3cret</password>") ==
        Notes{"xml element|password|<b/>s3cret"});
}

TEST_CASE("sniff/secrets: XML that speaks of secrets holds none") {
  for (const char* text :
       {"<x xmlns:auth=\"urn:a\" xmlns:token=\"urn:t\"><auth:kind>x</auth:kind></x>",
        "<login password=\"required\" token=\"false\"/>", "<element name=\"password\" type=\"s\"/>",
        "<!-- password --><![CDATA[<password>]]>", "<password/><user>bob</user>",
        "<password></password>", "<i wsse=\"wsse:Password\"/>", "<password/>\n</root>"}) {
    CAPTURE(text);
    CHECK(body("text/xml", text).empty());
  }
}

// Each in time that grows with the text, not with its square.
TEST_CASE("sniff/secrets: documents made to cost time") {
  const std::size_t size = 200'000;
  const auto count = [](std::string_view type, const std::string& text) {
    sniff::SecretsSeen found;
    sniff::scan_declared(type, text, found);
    return found.size();
  };
  const auto many = [](std::string_view part) {
    std::string out;
    while (out.size() < size) out += part;
    return out;
  };
  for (const char* part :
       {"=", "<a \"", "<a b='", "<a<", "<!--", "<![CDATA[", "<!-->", "<![CDATA[]]>",
        "<a b='<a c=\"", "<a b=''", "<!-- --><a>", " a = ", "token='"})
    CHECK(count("text/xml", "<password " + many(part)) < size);
  for (const char* part : {"{\"token\":{\"a\":", "\\\"token:", "\"a\":\"\\\"", "\"token\":[{", ":"})
    CHECK(count("application/json", "{\"token\":{" + many(part)) < size);
  for (const char* part : {"--b\n", "name=", "\n\n", "\n--b\n\n", "name =\n"})
    CHECK(count("multipart/form-data", "--b\npassword\n" + many(part)) < size);
  for (const char* part : {"%253D", "?a=", "#token=", "a=%3Fpassword%3D&", ";pin=?"})
    CHECK(count("application/x-www-form-urlencoded", "token=1&next=" + many(part)) < size);
}

// Each '<' once read to the end of the value, and its own copy of the secret was kept.
TEST_CASE("sniff/secrets: links that never end are read once") {
  const std::string value = std::string(60'000, '<') + "?password=" + std::string(60'000, 'A');
  sniff::SecretsSeen found;
  sniff::scan_http_field({"Link", value}, found);
  REQUIRE(found.size() == 1);
  CHECK(found[0].value == std::string(60'000, 'A'));
  CHECK(field("Link", "<<http://u:s3cret@h/>, </?token=t0k3n>; rel=x, </?pin=77") ==
        Notes{"url password|u|s3cret", "query field|token|t0k3n", "query field|pin|77"});
}

TEST_CASE("sniff/secrets: JSON within a JSON string, masked where it stands") {
  const std::string text = R"({"msg":"{\"user\":\"bob\",\"password\":\"s3\\\"c\"}","x":1})";
  CHECK(body("application/json", text) == Notes{"json field|password|s3\"c"});
  sniff::SecretsSeen found;
  sniff::scan_declared("application/json", text, found);
  CHECK(sniff::masked_copy(text, found) ==
        R"({"msg":"{\"user\":\"bob\",\"password\":\"*******\"}","x":1})");
  CHECK(body("application/json", R"({"a":"{\"b\":\"{\\\"token\\\":\\\"t0k3n\\\"}\"}"})") ==
        Notes{"json field|token|t0k3n"});
}

TEST_CASE("sniff/secrets: JSON objects that hold a secret's value") {
  CHECK(body("application/json", R"({"password":{"type":"plain","value":"s3cret"},"a":"b"})") ==
        Notes{"json field|password|s3cret"});
  CHECK(body("application/json", R"({"auth":{"user":"bob","password":{"value":"s3cret"}}})") ==
        Notes{"json field|password|s3cret"});
  for (const char* text :
       {R"({"password":{"min":8,"policy":"long"},"value":"x"})", R"({"token":{"a":{"value":"x"}}})",
        R"({"token":{}})", R"({"token":{"value")", R"({"msg":"the \"password\": is wrong"})",
        R"({"note":"{\"created\":\"today\"}"})"}) {
    CAPTURE(text);
    CHECK(body("application/json", text).empty());
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"token\":";
  CHECK(body("application/json", deep).empty());
}

TEST_CASE("sniff/secrets: multipart parts by parameters in any case, and by their own type") {
  const std::string type = "multipart/form-data; boundary=b";
  const Notes want{"form field|password|s3cret"};
  CHECK(body(type, part("content-disposition: form-data; NAME=\"password\"", "s3cret")) == want);
  CHECK(body(type, part("Content-Disposition: form-data; name = \"password\"", "s3cret")) == want);
  CHECK(body(type, "name=\"x\" -- y\r\n" + part("X: form-data; name=password", "s3cret")) == want);
  CHECK(body(type, part("Content-Disposition: form-data; name=\"f\"; filename=\"c\"\r\n"
                        "Content-Type: application/json",
                        "{\"token\":\"t0k3n\"}")) == Notes{"json field|token|t0k3n"});
  CHECK(body(type, part("Content-Disposition: form-data; name=\"x\"; filename=\"password\"", "a"))
            .empty());
  CHECK(body(type, part("Content-Disposition: form-data; surname=\"password\"", "a")).empty());
  CHECK(body(type, part("Content-Disposition: form-data; name=\"x\"", "password=a")).empty());
  CHECK(body(type, part("Content-Disposition: form-data; name=\"x\"", "{\"token\":\"t0k3n\"}")) ==
        Notes{"json field|token|t0k3n"});
  CHECK(body("multipart/mixed; boundary=b",
             part("Content-Type: application/json", "{\"token\":\"t0k3n\"}")) ==
        Notes{"json field|token|t0k3n"});
}

TEST_CASE("sniff/secrets: addresses in head fields") {
  for (const char* name : {"X-Original-URI", "X-Forwarded-Uri", "X-Original-URL", "Referer"}) {
    CAPTURE(name);
    CHECK(field(name, "/a?password=s3cret&b=1") == Notes{"query field|password|s3cret"});
  }
  CHECK(field("X-Original-URL", "http://u:s3cret@h/") == Notes{"url password|u|s3cret"});
  CHECK(field("Link", "</a>; rel=x, <http://u:s3cret@h/?token=abc>; rel=next") ==
        Notes{"query field|token|abc", "url password|u|s3cret"});
  CHECK(field("Host", "u:s3cret@h:80") == Notes{"url password|u|s3cret"});
  CHECK(field("Location", "mailto:bob@example.org").empty());
}

TEST_CASE("sniff/secrets: head fields that are called a secret, and those that only sound so") {
  CHECK(field("Password", "a b") == Notes{"http field|Password|a b"});
  CHECK(field("Client-Secret", "s3") == Notes{"http field|Client-Secret|s3"});
  CHECK(field("AuthToken", "t0") == Notes{"http field|AuthToken|t0"});
  CHECK(field("Api_Key", "k-1") == Notes{"http field|Api_Key|k-1"});
  CHECK(field("X-Auth-Token", "t0") == Notes{"api key|X-Auth-Token|t0"});
  for (const char* name :
       {"WWW-Authenticate", "Authentication-Info", "Sec-WebSocket-Key", "Sec-Token-Binding",
        "Public-Key-Pins", "Pass-Through", "Auth-Server", "Token-Type", "Key", "Author", "Pin"}) {
    CAPTURE(name);
    CHECK(field(name, "x").empty());
  }
}

TEST_CASE("sniff/secrets: targets with encoded addresses in them, or none but an authority") {
  CHECK(target("/?next=%2Flogin%3Fpassword%3Ds3cret&x=1") == Notes{"query field|password|s3cret"});
  CHECK(sniff::masked_target("/?next=%2Flogin%3Fpassword%3Ds%33cret&x=1") ==
        "/?next=%2Flogin%3Fpassword%3D********&x=1");
  CHECK(target("/?next=/login?password=s3cret") == Notes{"query field|password|s3cret"});
  CHECK(target("/?a=%2F%3Fb%3D%252F%253Ftoken%253Dt0") == Notes{"query field|token|t0"});
  CHECK(target("/?to=mqtt%3A%2F%2Fu%3As3cret%40h") == Notes{"url password|u|s3cret"});
  CHECK(target("u:s3cret@h:443") == Notes{"url password|u|s3cret"});
  for (const char* text : {"h:443", "/a:b@c", "/?q=what+is+password%3Dfoo", "/?q=100%25", "*",
                           "/?next=%2Flogin%3Fstation%3D7", "/?next=%2Fpassword%3Fx%3D1"}) {
    CAPTURE(text);
    CHECK(target(text).empty());
  }
}
