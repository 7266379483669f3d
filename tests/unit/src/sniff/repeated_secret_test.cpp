// A secret that stands elsewhere in its message, too, is readable nowhere in any output.
#include <doctest/doctest.h>

#include "src/sniff/json_lines.h"
#include "src/sniff/print.h"
#include "src/sniff/secrets.h"
#include "tests/support/talk_builder.h"

using namespace wxsec;
using test::TalkBuilder;

namespace {

const core::FixedClock kClock{core::Instant{}};

// Lines for people and programs, with the bytes; then what a summary and a page tell.
std::string everything(const TalkBuilder& talk, sniff::Secrets secrets = sniff::Secrets::masked) {
  sniff::PrintOptions options;
  options.secrets = secrets;
  options.hexdump = options.whole = true;
  sniff::TextLines text(term::Style(false), options);
  sniff::JsonLines json(secrets);
  sniff::Collector collector(kClock, sniff::Collect::everything, secrets);
  std::string out;
  json::Buffer lines;
  talk.run([&](const flow::Event& event) {
    text.append(out, event);
    json.append(lines, event);
    collector.take(event);
  });
  const sniff::Exposure seen = collector.finish();
  out += lines.text();
  render_summary_json(seen, {}, secrets, [&](std::string_view part) { out += part; });
  out += render_summary(seen, {}, term::Style(false), options);
  out += render_page(seen, {}, core::Instant{}, secrets);
  for (const sniff::Credential& one : seen.credentials)
    out += one.name + std::string(core::as_text(one.excerpt));
  for (const sniff::FindingCase& one : seen.cases)
    out += one.text + std::string(core::as_text(one.excerpt));
  return out + std::string(core::as_text(seen.plaintext.bytes)) + seen.plaintext.title;
}

bool readable(const std::string& out, std::string_view secret) {
  return out.find(secret) != std::string::npos;
}

TalkBuilder connect_of(std::string_view client, std::string_view user, std::string_view password) {
  proto::MqttConnect packet;
  packet.client_id = client;
  packet.username = user;
  packet.password = core::as_bytes(password);
  TalkBuilder talk;
  talk.client(test::text_of(proto::encode_mqtt(packet)));
  return talk;
}

std::string post(const std::string& target, const std::string& fields, const std::string& form) {
  return "POST " + target + " HTTP/1.1\r\nHost: h\r\n" + fields +
         "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
         std::to_string(form.size()) + "\r\n\r\n" + form;
}

}  // namespace

TEST_CASE("sniff/masking: a password that is the user name and the client id is masked there") {
  const std::string out = everything(connect_of("station-0417", "station-0417", "station-0417"));
  CHECK_FALSE(readable(out, "station-0417"));
  CHECK(readable(out, "s*****7 (12 characters)"));
  CHECK(readable(out, "mqtt password of ************ = "));
  const std::string shown =
      everything(connect_of("station-0417", "station-0417", "station-0417"), sniff::Secrets::shown);
  CHECK(readable(shown, "station-0417"));
}

TEST_CASE("sniff/masking: an answer to a long target shows no secret of its request") {
  TalkBuilder talk;
  talk.client(post("/s3cret-key/" + std::string(5000, 'x'), "", "password=s3cret-key"));
  talk.server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const std::string out = everything(talk);
  CHECK(readable(out, "request_target"));
  CHECK_FALSE(readable(out, "s3cret-key"));
}

TEST_CASE("sniff/masking: a short password that is the user name is masked there, too") {
  const std::string out = everything(connect_of("a-qz7", "qz7", "qz7"));
  CHECK_FALSE(readable(out, "user=qz7"));
  CHECK_FALSE(readable(out, "\"username\":\"qz7\""));
  CHECK_FALSE(readable(out, "of qz7"));
  CHECK(readable(out, "client_id=a-qz7"));
}

TEST_CASE("sniff/masking: a password in the will and in properties is masked there") {
  const std::string password = "hunter2XYZ";
  proto::MqttPropertyWriter properties;
  properties.text(proto::MqttPropertyId::content_type, "x/" + password)
      .user("note", password)
      .user(password, "v");
  proto::MqttConnect packet;
  packet.version = proto::MqttVersion::v5;
  packet.client_id = "c";
  packet.username = "u";
  packet.password = core::as_bytes(password);
  packet.will = proto::MqttWill{};
  const std::string topic = "state/" + password;
  packet.will->topic = topic;
  packet.will->properties = properties.view();
  TalkBuilder talk;
  talk.client(test::text_of(proto::encode_mqtt(packet)));
  CHECK_FALSE(readable(everything(talk), password));
}

TEST_CASE("sniff/masking: a secret of a payload is masked in the topic") {
  TalkBuilder talk;
  talk.client(test::mqtt_connect() +
              test::mqtt_publish("wx/tok3n-1234", "{\"token\":\"tok3n-1234\"}"));
  CHECK_FALSE(readable(everything(talk), "tok3n-1234"));
}

TEST_CASE("sniff/masking: a Basic password is masked where it stands decoded") {
  TalkBuilder talk;
  talk.client(
      "GET /a HTTP/1.1\r\nUser-Agent: x sesame-77\r\nAuthorization: Basic "
      "c2VzYW1lLTc3OnNlc2FtZS03Nw==\r\n\r\n");
  CHECK_FALSE(readable(everything(talk), "sesame-77"));
}

TEST_CASE("sniff/masking: a form's password is masked in the target, in the answer's line, too") {
  TalkBuilder talk;
  talk.client(post("/login?user=sesame-77", "X-Note: sesame-77\r\n", "password=sesame%2D77"))
      .server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK_FALSE(readable(everything(talk), "sesame-77"));
}

TEST_CASE("sniff/masking: an address is masked in bytes that no decoder claims") {
  for (const char* text :
       {"GET /p?password=sesame-77", "GET /p?password=sesame-77 HT", "CONNECT u:sesame-77@h:443 HT",
        "DESCRIBE rtsp://cam/stream?password=sesame-77&user=admin RTSP/1.0\r\nCSeq: 2\r\n\r\n",
        "DESCRIBE rtsp://cam/stream?user=admin&password=sesame-77 RTSP/1.0\r\n\r\n",
        "DESCRIBE rtsp://admin:sesame-77@cam/stream RTSP/1.0\r\nCSeq: 2\r\n\r\n",
        "see <a href=\"/x#access_token=sesame-77\"> there"}) {
    CAPTURE(text);
    const std::string out = everything(TalkBuilder().client(text));
    CHECK_FALSE(readable(out, "sesame-77"));
    CHECK(readable(out, "s*****7 (9 characters)"));
  }
}

TEST_CASE("sniff/secrets: what several kinds of places share is one credential") {
  std::vector<std::string> got;
  TalkBuilder()
      .client("DESCRIBE rtsp://c/?user=a&token=t0k3n RTSP/1.0\nReferer: http://u:s3@h/?pin=4711\n")
      .run([&](const flow::Event& event) {
        for (const sniff::SecretSeen& one : sniff::find_secrets(event))
          got.push_back(std::string(one.kind) + "|" + one.name + "|" + one.value);
      });
  CHECK(got == std::vector<std::string>{"query field|token|t0k3n", "url password|u|s3",
                                        "query field|pin|4711"});
}
