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

TEST_CASE("sniff/secrets: parts of a multipart body behind a gap") {
  CHECK(found("multipart/form-data; boundary=b",
              "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nAAAA",
              "BBBB\r\n--b\r\nContent-Disposition: form-data; "
              "name=\"token\"\r\n\r\nt0k3n\r\n--b--\r\n") ==
        Notes{"form field (cut)|password|AAAA", "form field|token|t0k3n"});
}
