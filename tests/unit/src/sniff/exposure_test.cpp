#include "src/sniff/exposure.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "lib/core/file.h"
#include "src/report/catalogue.h"
#include "src/sniff/expose.h"
#include "src/sniff/masking.h"
#include "src/sniff/secret_names.h"
#include "src/sniff/session_cookie.h"

using namespace wxsec;

namespace {

sniff::Exposure expose(const std::string& name) {
  const core::FixedClock clock{core::Instant{}};
  auto seen = sniff::expose_file(WXSEC_SOURCE_DIR "/tests/captures/" + name, {}, clock);
  REQUIRE(seen);
  return std::move(*seen);
}

bool has_finding(const sniff::Exposure& seen, std::string_view id) {
  return std::any_of(seen.findings.begin(), seen.findings.end(),
                     [&](const report::Finding& one) { return one.id == id; });
}

std::vector<std::string> credentials(const sniff::Exposure& seen) {
  std::vector<std::string> out;
  for (const sniff::Credential& one : seen.credentials)
    out.push_back(one.kind + "|" + one.name + "|" + std::string(one.value.reveal()));
  return out;
}

}  // namespace

TEST_CASE("sniff/exposure: an MQTT password is found, once, and its excerpt is masked") {
  const sniff::Exposure seen = expose("mqtt311_every_packet.pcap");
  CHECK(credentials(seen) == std::vector<std::string>{"mqtt password|station|hunter2!"});
  CHECK(seen.credentials[0].masked == "h*****! (8 characters)");
  CHECK(core::as_text(seen.credentials[0].excerpt).find("hunter2!") == std::string_view::npos);
  CHECK(core::as_text(seen.credentials[0].excerpt).find("station-0001") != std::string_view::npos);
  CHECK(has_finding(seen, report::id::kMqttPasswordInClear));
  CHECK(has_finding(seen, report::id::kReadingsInClear));
}

TEST_CASE("sniff/exposure: readings are found with topic, text and a sample of the packet") {
  const sniff::Exposure seen = expose("mqtt5_every_packet.pcap");
  REQUIRE(seen.messages.size() == 3);
  CHECK(seen.messages[0].subject == "wx/station-0001/reading");
  CHECK(seen.messages[2].subject == "wx/station-0001/reading");  // by topic alias
  CHECK(seen.contains("\"temperature_c\": 21.5"));
  CHECK(seen.contains("hunter2!"));
  CHECK_FALSE(seen.contains("hunter3"));
  // The sample is the most telling packet: the second reading also carries its topic alias.
  CHECK(core::as_text(seen.plaintext.bytes).find("21.6") != std::string_view::npos);
  CHECK(seen.ciphertext.bytes.empty());
}

TEST_CASE("sniff/exposure: every kind of secret in HTTP, and no more") {
  CHECK(credentials(expose("http_secrets.pcap")) ==
        std::vector<std::string>{"http basic|bob|s3cret!", "cookie|session|abcdef012345",
                                 "form field|password|s3cret!", "cookie|token|zyx98765",
                                 "json field|api_key|k-12345"});
}

TEST_CASE("sniff/exposure: all secrets of a generated capture and no false one") {
  // The generator (tests/captures/make.py) wrote down what it hid where, and it hid decoys, too.
  const auto truth =
      core::read_file(WXSEC_SOURCE_DIR "/tests/captures/every_secret.truth.tsv", 1 << 20);
  REQUIRE(truth);
  std::vector<std::string> want;
  for (std::size_t at = 0; at < truth->size();) {
    const std::size_t end = truth->find('\n', at);
    want.push_back(truth->substr(at, end - at));
    std::replace(want.back().begin(), want.back().end(), '\t', '|');
    at = end + 1;
  }
  // A user name that is the password is not told.
  std::replace(want.begin(), want.end(), std::string("mqtt password|s|s"),
               std::string("mqtt password|*|s"));
  std::vector<std::string> got = credentials(expose("every_secret.pcap"));
  std::sort(got.begin(), got.end());
  std::sort(want.begin(), want.end());
  CHECK(want.size() == 63);
  CHECK(got == want);
}

TEST_CASE("sniff/exposure: every finding that the sniffer makes has a golden capture, with bytes") {
  const auto names = core::list_directory(WXSEC_SOURCE_DIR "/tests/captures");
  REQUIRE(names);
  std::set<std::string> seen;
  for (const std::string& name : *names) {
    if (!name.ends_with(".pcap")) continue;
    CAPTURE(name);
    for (const report::Finding& one : expose(name).findings) {
      CAPTURE(one.id);
      seen.insert(one.id);
      CHECK(report::find_entry(one.id) != nullptr);
      CHECK(!one.bytes.empty());
      REQUIRE(!one.evidence.empty());
      CHECK(one.evidence[0].starts_with("packet "));
      CHECK(one.evidence[0].find(" -> ") != std::string::npos);
    }
  }
  namespace id = report::id;
  const std::set<std::string> all{
      std::string(id::kMqttPasswordInClear), std::string(id::kReadingsInClear),
      std::string(id::kPlaintextOnTlsPort),  std::string(id::kHttpSecretInClear),
      std::string(id::kHttpDataInClear),     std::string(id::kOldProtocol),
      std::string(id::kWeakCipher),          std::string(id::kMixedFlow),
      std::string(id::kNoForwardSecrecy),    std::string(id::kTlsOnPlainPort),
      std::string(id::kCertExpired),         std::string(id::kCertNotYetValid),
      std::string(id::kCertSelfSigned),      std::string(id::kConflictingSegments)};
  CHECK(seen == all);
}

TEST_CASE("sniff/exposure: TLS to a port that does not speak it") {
  for (const char* name : {"tls_to_plain_port.pcap", "https_to_http_port.pcap"}) {
    CAPTURE(name);
    CHECK(has_finding(expose(name), report::id::kTlsOnPlainPort));
  }
  for (const char* name : {"tls12.pcap", "tls13.pcap", "tls_hello_split.pcap"})
    CHECK_FALSE(has_finding(expose(name), report::id::kTlsOnPlainPort));
}

TEST_CASE("sniff/exposure: plaintext to a TLS port is a finding") {
  CHECK(has_finding(expose("http_to_tls_port.pcap"), report::id::kPlaintextOnTlsPort));
  const sniff::Exposure seen = expose("plain_to_tls_port.pcap");
  CHECK(has_finding(seen, report::id::kPlaintextOnTlsPort));
  REQUIRE(seen.flows.size() == 1);
  CHECK(seen.flows[0].verdict == flow::Verdict::plaintext);
  CHECK(seen.flows[0].alert == "protocol_version");
}

TEST_CASE("sniff/exposure: a mask never shows a short secret, and always its length") {
  CHECK(sniff::mask("") == "***** (0 characters)");
  CHECK(sniff::mask("abcd") == "***** (4 characters)");
  CHECK(sniff::mask("hunter2!") == "h*****! (8 characters)");
  CHECK(sniff::mask("\x1b[2Jxyz\x07") == "******* (8 characters)");
}

// Texts are searched by blocks, which may overlap at the end.
TEST_CASE("sniff/secrets: a secret's name is seen wherever it stands in a text") {
  for (const std::size_t size : {3U, 10U, 65U, 66U, 67U, 130U, 131U, 200U}) {
    const std::string plain(size, '-');
    CHECK_FALSE(sniff::may_hold_secret_name(plain));
    for (const std::string_view name :
         {"pas", "PWD", "pIn", "aut", "cre", "tok", "KEY", "psk", "jWt"}) {
      for (std::size_t at = 0; at + name.size() <= size; ++at)
        REQUIRE(sniff::may_hold_secret_name(std::string(plain).replace(at, name.size(), name)));
    }
  }
  CHECK_FALSE(sniff::may_hold_secret_name(""));
  CHECK_FALSE(sniff::may_hold_secret_name("pa"));
}

TEST_CASE("sniff/secrets: a cookie is a session's by its name or by its random value") {
  for (const char* name : {"sid", "connect.sid", "JSESSIONID", "PHPSESSID", "session", "sess",
                           "csrftoken", "XSRF-TOKEN", "jwt", "auth", "oauth_state", "remember_me"})
    CHECK(sniff::is_session_cookie(name, "c-1"));
  for (const char* value :
       {"9f86d081884c7d659a2feaa0c55ad015", "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "s%3AvJ8f7Hs9dK2mN4pQ6rT8vX0z.B2dF4hJ6", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdA"})
    CHECK(sniff::is_session_cookie("visitor_id", value));
  for (const char* value : {"dark", "en", "en-US_2024-dark-theme-v2", "GA1.2.1234567890.1700000000",
                            "2026-01-01T00:00:00Z", "America/New_York", "1234567890123456789", "",
                            "%7B%22theme%22%3A%22dark%22%2C%22columns%22%3A2%7D"})
    CHECK_FALSE(sniff::is_session_cookie("prefs", value));
  for (const char* value : {"", "deleted", "true", "0"})
    CHECK_FALSE(sniff::is_session_cookie("session", value));
  for (const char* name : {"author", "theme", "inside", "assessment", "tz"})
    CHECK_FALSE(sniff::is_session_cookie(name, "c-1"));
  CHECK(sniff::deletes_cookie("; Path=/; Max-Age=0"));
  CHECK(sniff::deletes_cookie("; expires=Thu, 01-Jan-1970 00:00:01 GMT"));
  CHECK_FALSE(sniff::deletes_cookie("; Max-Age=3600; Expires=Thu, 01 Jan 2026 00:00:00 GMT"));
}

TEST_CASE("sniff/secrets: names decide") {
  for (const char* name : {"password", "Passwd", "access_token", "clientSecret", "API-Key", "pwd"})
    CHECK(sniff::is_secret_name(name));
  for (const char* name : {"accessToken", "userpassword", "private_key", "PASSWORD_2",
                           "X-Auth-Token", "wifi_psk", "jwt", "Passwort"})
    CHECK(sniff::is_secret_name(name));
  for (const char* name : {"temperature_c", "station", "user", "passenger", "author", "secretary",
                           "token_type", "tokenizer", "keyboard", "key", "password_policy", ""})
    CHECK_FALSE(sniff::is_secret_name(name));
}

TEST_CASE("sniff/exposure: lists are bounded in bytes, too, whatever the names; counts go on") {
  const core::FixedClock clock{core::Instant{}};
  sniff::Collector collector(clock);
  flow::FlowFacts facts;
  facts.id = 1;
  facts.protocol = flow::Protocol::mqtt;
  const std::string topic = "wx/" + std::string(60'000, 't');
  const std::string payload(5000, 'p');
  for (std::uint64_t i = 1; i <= 9000; ++i) {
    const std::string password = std::to_string(i) + std::string(1000, 'x');
    proto::MqttPacket packet;
    packet.type = proto::MqttType::publish;
    packet.body = proto::MqttPublish{};
    std::get<proto::MqttPublish>(packet.body).topic = topic;
    std::get<proto::MqttPublish>(packet.body).payload = core::as_bytes(payload);
    flow::Event event;
    event.packet = i;
    event.flow = &facts;
    event.what = flow::MqttMessage{&packet, proto::MqttVersion::v311, topic, {}};
    sniff::SecretsSeen found;
    sniff::add_secret(found, "mqtt password", topic, password, password);
    collector.take(event, found);
  }
  const sniff::Exposure seen = collector.finish();
  CHECK(seen.messages_seen == 9000);
  CHECK(seen.credentials_seen == 9000);
  CHECK(seen.messages.size() > 4000);
  CHECK(seen.messages.size() < 9000);
  CHECK(seen.credentials.size() > 3000);
  CHECK(seen.credentials.size() < 9000);
  CHECK(seen.messages[0].subject == topic.substr(0, 256));
  CHECK(seen.credentials[0].name.size() == 256);
  CHECK(seen.credentials[0].masked.find("(1001 characters)") != std::string::npos);
  for (const report::Finding& one : seen.findings)
    for (const std::string& line : one.evidence) CHECK(line.size() < 1000);
}
