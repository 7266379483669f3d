// Secrets on both sides of what a capture lacks: found, and never put together.
#include <doctest/doctest.h>

#include "src/sniff/secrets.h"
#include "tests/support/talk_builder.h"

using namespace wxsec;
using test::TalkBuilder;

namespace {

using Notes = std::vector<std::string>;

// What is found in a POST of three parts, the second of which is not captured.
Notes found(const std::string& type, const std::string& before, const std::string& after) {
  const std::string gap = "0123456789";
  const std::size_t size = before.size() + gap.size() + after.size();
  TalkBuilder talk;
  talk.client("POST / HTTP/1.1\r\nContent-Type: " + type +
              "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + before);
  talk.lost_client(gap).client(after);
  Notes out;
  talk.run([&](const flow::Event& event) {
    for (const sniff::SecretSeen& one : sniff::find_secrets(event)) {
      if (one.told) out.push_back(std::string(one.kind) + "|" + one.name + "|" + one.value);
    }
  });
  return out;
}

constexpr const char* kForm = "application/x-www-form-urlencoded";

}  // namespace

TEST_CASE("sniff/secrets: a form's value that a gap touches is cut, the others are whole") {
  CHECK(found(kForm, "user=a&password=AAAA", "BBBB&token=t0k3n&x=1") ==
        Notes{"form field (cut)|password|AAAA", "form field|token|t0k3n"});
  // The rest of a name is no name.
  CHECK(found(kForm, "user=a&s", "pin=12345&x=1").empty());
  CHECK(found(kForm, "a=1&", "x=1&password=secret1&y=2") == Notes{"form field|password|secret1"});
}

TEST_CASE("sniff/secrets: a JSON value that a gap touches is cut, the others are whole") {
  CHECK(found("application/json", "{\"api_key\":\"k-1\",\"password\":\"AAAA",
              "BBBB\",\"token\":\"t0k3n\"}") == Notes{"json field|api_key|k-1",
                                                      "json field (cut)|password|AAAA",
                                                      "json field|token|t0k3n"});
}

TEST_CASE("sniff/secrets: what began with a section is lines or JSON behind a gap") {
  CHECK(found("text/plain", "[Station]\nname = AAAA", "BBBB\npassword = Kestrel\n") ==
        Notes{"form field|password|Kestrel"});
  CHECK(found(kForm, "[1]\n{\"user\":\"AAAA", "BBBB\",\"password\":\"Kestrel\"}") ==
        Notes{"json field|password|Kestrel"});
}

TEST_CASE("sniff/secrets: parts of a multipart body behind a gap") {
  CHECK(found("multipart/form-data; boundary=b",
              "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nAAAA",
              "BBBB\r\n--b\r\nContent-Disposition: form-data; "
              "name=\"token\"\r\n\r\nt0k3n\r\n--b--\r\n") ==
        Notes{"form field (cut)|password|AAAA", "form field|token|t0k3n"});
}

namespace {

// What is found in `before`, behind which the capture lacks bytes of the same message.
Notes found_in_cut(const std::string& before) {
  TalkBuilder talk;
  talk.client(before).lost_client("0123456789").client(test::mqtt_publish("a"));
  Notes out;
  talk.run([&](const flow::Event& event) {
    for (const sniff::SecretSeen& one : sniff::find_secrets(event)) {
      if (one.told) out.push_back(std::string(one.kind) + "|" + one.name + "|" + one.value);
    }
  });
  return out;
}

}  // namespace

TEST_CASE("sniff/secrets: a head that a gap cuts, in its first line or behind it") {
  CHECK(found_in_cut("GET /r?password=AAAA") == Notes{"query field (cut)|password|AAAA"});
  CHECK(found_in_cut("GET /r?password=AAAA HTTP/1.1\r\nAuthorization: Bearer BBBB") ==
        Notes{"http bearer (cut)||BBBB", "query field|password|AAAA"});
  CHECK(found_in_cut("GET /r HTTP/1.1\r\nAuthorization: Bearer BBBB\r\nHost: a") ==
        Notes{"http bearer||BBBB"});
}

TEST_CASE("sniff/secrets: an MQTT packet that a gap cuts") {
  const std::string publish =
      test::mqtt_publish("wx/a", "{\"user\":\"u\",\"password\":\"AAAABBBB\"}");
  const Notes notes = found_in_cut(test::mqtt_connect() + publish.substr(0, publish.size() - 6));
  CHECK(notes == Notes{"json field (cut)|password|AAAA"});
}

TEST_CASE("sniff/secrets: properties of an MQTT packet that a gap cuts") {
  const std::string property("\x26\0\x05token\0\x08t0k3nt0k", 18);
  const std::string publish =
      std::string("\x30\x60\0\x04wx/a", 8) + static_cast<char>(property.size() + 20) + property;
  CHECK(found_in_cut(test::mqtt_connect() + publish) == Notes{"mqtt user property|token|t0k3nt0k"});
  CHECK(found_in_cut(test::mqtt_connect() + publish.substr(0, publish.size() - 7)) ==
        Notes{"mqtt user property (cut)|token|t"});
}

TEST_CASE("sniff/secrets: a publish beyond our limit ends in the middle of a secret") {
  const std::string payload = "{\"password\":\"" + std::string(std::size_t{2} << 20, 'A') + "\"}";
  TalkBuilder talk;
  talk.client(test::mqtt_connect() + test::mqtt_publish("wx/a", payload));
  std::vector<std::string_view> kinds;
  talk.run([&](const flow::Event& event) {
    for (const sniff::SecretSeen& one : sniff::find_secrets(event)) kinds.push_back(one.kind);
  });
  CHECK(kinds == std::vector<std::string_view>{"json field (cut)"});
}

TEST_CASE("sniff/secrets: a Host that breaks off before its at sign shows no password") {
  const auto hidden = [](const std::string& host) {
    Notes out;
    TalkBuilder().client("GET / HTTP/1.1\r\nHost: " + host).run([&](const flow::Event& event) {
      for (const sniff::SecretSeen& one : sniff::find_secrets(event)) {
        CHECK_FALSE(one.told);
        out.emplace_back(one.raw);
      }
    });
    return out;
  };
  CHECK(hidden("user:Kestrel") == Notes{"Kestrel"});
  CHECK(hidden("broker.example:8080").empty());
  CHECK(hidden("[fe80::1").empty());
  CHECK(hidden("user:Kestrel\r\nAccept").empty());  // whole, so it is a strange port
}
