#include "src/explain/explain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "lib/core/escape.h"
#include "lib/core/shell_word.h"
#include "src/explain/errors.h"
#include "src/report/catalogue.h"

using namespace wxsec;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string name_of(std::string_view asked) {
  const auto page = explain::explain(asked);
  return page ? page->name : "nothing";
}

}  // namespace

TEST_CASE("explain/topics: every topic explains itself, in a page that fits a screen's width") {
  REQUIRE(explain::topics().size() >= 8);
  for (const auto& topic : explain::topics()) {
    CAPTURE(std::string(topic.name));
    const auto page = explain::explain(topic.name);
    REQUIRE(page);
    CHECK(page->name == topic.name);
    CHECK(page->title.size() > 10);
    const auto lines = lines_of(page->text);
    CHECK(lines.size() > 40);
    CHECK(lines.front() != "");
    for (const std::string& line : lines) {
      CHECK_MESSAGE(line.size() <= 78, line);
      CHECK_MESSAGE(core::escape_terminal(line).size() <= line.size() + 4, line);
    }
  }
}

TEST_CASE("explain/topics: each page has commands to try and says where to go on") {
  for (const auto& topic : explain::topics()) {
    CAPTURE(std::string(topic.name));
    const std::string text = explain::explain(topic.name)->text;
    CHECK(text.find("\n    wxsec ") != std::string::npos);
    CHECK(text.find("\n# Try it") != std::string::npos);
    CHECK(text.find("\nGo on with: wxsec explain ") != std::string::npos);
  }
}

TEST_CASE("explain/topics: every page that is pointed to is there") {
  for (const auto& topic : explain::topics()) {
    const std::string text = explain::explain(topic.name)->text;
    std::size_t at = 0;
    while ((at = text.find("wxsec explain ", at)) != std::string::npos) {
      at += 14;
      const std::size_t end = text.find_first_of(",\n", at);
      std::string asked = text.substr(at, end - at);
      asked.erase(std::remove(asked.begin(), asked.end(), '\''), asked.end());
      CHECK_MESSAGE(explain::explain(asked).has_value(), asked);
    }
  }
}

TEST_CASE("explain/findings: every finding explains itself, in any case of letters") {
  for (const report::Entry& entry : report::catalogue()) {
    CAPTURE(std::string(entry.id));
    const auto page = explain::explain(entry.id);
    REQUIRE(page);
    CHECK(page->name == entry.id);
    CHECK(page->text.find("# What to change") != std::string::npos);
  }
  CHECK(name_of("wx-mqtt-001") == "WX-MQTT-001");
}

TEST_CASE(
    "explain/errors: names are unique, no text is empty, and each pattern finds its own entry") {
  std::set<std::string_view> names;
  for (const explain::KnownError& error : explain::known_errors()) {
    CAPTURE(std::string(error.name));
    CHECK(names.insert(error.name).second);
    CHECK(error.says.size() > 3);
    CHECK(error.title.size() > 10);
    CHECK(error.cause.size() > 20);
    CHECK(error.remedy.size() > 10);
    const std::string first(error.pattern.substr(0, error.pattern.find('|')));
    const explain::KnownError* const found = explain::find_error("x " + first + " y");
    REQUIRE(found != nullptr);
    CHECK(found->name == error.name);
  }
}

TEST_CASE("explain/errors: messages as programs really print them") {
  const std::pair<const char*, const char*> kSeen[] = {
      {"error:0A000086", "certificate-verify-failed"},
      {"OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed",
       "certificate-verify-failed"},
      {"wrong version number", "wrong-version-number"},
      {"1732270260: OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number",
       "wrong-version-number"},
      {"certificate verify failed", "certificate-verify-failed"},
      {"Connection error: Connection Refused: not authorised.", "mqtt-not-authorised"},
      {"Connection error: Connection Refused: bad user name or password.", "mqtt-bad-login"},
      {"curl (60)", "curl-60"},
      {"curl: (60) SSL certificate problem: unable to get local issuer certificate",
       "unable-to-get-local-issuer"},
      {"curl: (60) SSL: no alternative certificate subject name matches target host name "
       "'127.0.0.1'",
       "hostname-mismatch"},
      {"curl: (35) error:0A00010B:SSL routines::wrong version number", "wrong-version-number"},
      {"curl: (56) OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate "
       "required, errno 0",
       "alert-certificate-required"},
      {"curl: (52) Empty reply from server", "curl-52"},
      {"error:0A000418:SSL routines::tlsv1 alert unknown ca", "alert-unknown-ca"},
      {"Error: Unable to load server key file \"/etc/x.pem\". Check keyfile.",
       "mosquitto-key-unreadable"},
      {"Error: A TLS error occurred.", "a-tls-error-occurred"},
      {"MQTT error [-1]: TCP/TLS connect failure", "paho-connect-failure"},
      {"ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
       "Hostname mismatch, certificate is not valid for 'x'. (_ssl.c:992)",
       "hostname-mismatch"},
      {"NET::ERR_CERT_AUTHORITY_INVALID", "unable-to-get-local-issuer"},
      {"Verify return code: 19 (self-signed certificate in certificate chain)",
       "self-signed-in-chain"},
      {"error:05800074:x509 certificate routines::key values mismatch", "key-values-mismatch"},
  };
  for (const auto& [message, name] : kSeen) {
    CAPTURE(message);
    CHECK(name_of(message) == name);
  }
}

TEST_CASE("explain: a few words of a message are enough, nonsense is not") {
  CHECK(name_of("verify failed") == "certificate-verify-failed");
  CHECK(name_of("curl-60") == "curl-60");
  CHECK(name_of("") == "nothing");
  CHECK(name_of("e") == "nothing");
  CHECK(name_of("flux capacitor") == "nothing");
  const auto unknown = explain::explain("flux capacitor");
  CHECK(unknown.error().code == core::Code::usage);
  CHECK(unknown.error().hint.find("mqtt-risks") != std::string::npos);
}

TEST_CASE("explain: a page that says DIR says once what that is, and no other page does") {
  constexpr std::string_view kTold = "DIR is your certificate directory";
  std::set<std::string> asked;
  for (const auto& topic : explain::topics()) asked.emplace(topic.name);
  for (const auto& entry : report::catalogue()) asked.emplace(entry.id);
  std::size_t with = 0;
  for (const std::string& name : asked) {
    INFO(name);
    const std::string text = explain::explain(name)->text;
    const std::size_t at = text.find(kTold);
    const std::string before = text.substr(0, at);
    CHECK(core::has_placeholder(before, "DIR") == (at != std::string::npos));
    if (at == std::string::npos) continue;
    ++with;
    CHECK(text.find(kTold, at + 1) == std::string::npos);
  }
  CHECK(with > 3);
}
