// Secrets in MQTT packets that are cut or malformed: found once, called cut where they are, and
// masked wherever the packet is shown.
#include "src/sniff/cut_mqtt_secrets.h"

#include <doctest/doctest.h>

#include "src/sniff/json_lines.h"
#include "src/sniff/print.h"
#include "src/sniff/secrets.h"
#include "tests/support/talk_builder.h"

using namespace wxsec;

namespace {

using Notes = std::vector<std::string>;

const std::string kSecret = "Kestrel42Zq";
const core::FixedClock kClock{core::Instant{}};

// User "usr", password "Qwertz99Pw", a secret user property, a will that holds a password.
std::string connect(proto::MqttVersion version) {
  proto::MqttPropertyWriter properties;
  properties.user("api_key", kSecret);
  const std::string payload = "{\"password\":\"" + kSecret + "\"}";
  proto::MqttConnect packet;
  packet.version = version;
  packet.client_id = "dev";
  packet.username = "usr";
  packet.password = core::as_bytes(std::string_view("Qwertz99Pw"));
  packet.will = proto::MqttWill{};
  packet.will->topic = "w/t";
  packet.will->payload = core::as_bytes(payload);
  if (version == proto::MqttVersion::v5) packet.properties = properties.view();
  return test::text_of(proto::encode_mqtt(packet));
}

Notes told(const std::string& packet) {
  Notes out;
  test::TalkBuilder().client(packet).run([&](const flow::Event& event) {
    for (const sniff::SecretSeen& one : sniff::find_secrets(event)) {
      if (one.told) out.push_back(std::string(one.kind) + "|" + one.name + "|" + one.value);
    }
  });
  return out;
}

// Lines for people and programs, with the bytes, and the findings' excerpts.
std::string shown(const std::string& packet) {
  sniff::PrintOptions options;
  options.hexdump = options.whole = true;
  sniff::TextLines text(term::Style(false), options);
  sniff::JsonLines json(sniff::Secrets::masked);
  sniff::Collector collector(kClock, sniff::Collect::everything, sniff::Secrets::masked);
  std::string out;
  json::Buffer lines;
  test::TalkBuilder().client(packet).run([&](const flow::Event& event) {
    text.append(out, event);
    json.append(lines, event);
    collector.take(event);
  });
  for (const sniff::FindingCase& one : collector.finish().cases)
    out += one.text + std::string(core::as_text(one.excerpt));
  return out + std::string(lines.text());
}

}  // namespace

TEST_CASE("sniff/cut_mqtt_secrets: what is found is no more than what is there") {
  core::Bytes packet = core::to_bytes(core::as_bytes(std::string_view("\x30\x7F", 2)));
  const std::string_view unit("\x26\0\3psk\xFF\xFF", 8);
  for (int i = 0; i < 1000; ++i) packet.insert(packet.end(), unit.begin(), unit.end());
  sniff::SecretsSeen found;
  sniff::scan_cut_mqtt(packet, found);
  std::size_t total = 0;
  for (const sniff::SecretSeen& one : found) total += one.value.size();
  CHECK(total > 0);
  CHECK(total <= packet.size());
}

TEST_CASE("sniff/cut_mqtt_secrets: two user properties, one behind the other") {
  const std::string_view packet("\x30\x7F\x26\0\3psk\0\2AB\x26\0\3psk\0\2CD", 22);
  sniff::SecretsSeen found;
  sniff::scan_cut_mqtt(core::as_bytes(packet), found);
  REQUIRE(found.size() == 2);
  CHECK(found[0].value == "AB");
  CHECK(found[1].value == "CD");
}

TEST_CASE("sniff/secrets: properties and the will of a CONNECT that is cut or malformed") {
  const std::string v5 = connect(proto::MqttVersion::v5);
  CHECK(told(v5.substr(0, v5.size() - 3)) == Notes{"mqtt user property|api_key|" + kSecret,
                                                   "json field|password|" + kSecret,
                                                   "mqtt password (cut)|usr|Qwertz9"});
  std::string reserved = v5;
  reserved[9] |= 1;
  CHECK(told(reserved) == Notes{"mqtt user property|api_key|" + kSecret,
                                "json field|password|" + kSecret, "mqtt password|usr|Qwertz99Pw"});
  const std::size_t in_property = v5.find(kSecret) + 1;
  CHECK(told(v5.substr(0, in_property)) == Notes{"mqtt user property (cut)|api_key|K"});
  const std::string v4 = connect(proto::MqttVersion::v311);
  const std::size_t in_will = v4.find(kSecret) + 4;
  CHECK(told(v4.substr(0, in_will)) == Notes{"json field (cut)|password|Kest"});
}

TEST_CASE("sniff/secrets: a password that looks like fields is one credential") {
  proto::MqttConnect packet;
  packet.username = "usr";
  packet.password = core::as_bytes(std::string_view("a&token=x&{\"psk\":\"y\"}"));
  std::string bytes = test::text_of(proto::encode_mqtt(packet));
  bytes[9] |= 1;
  CHECK(told(bytes) == Notes{"mqtt password|usr|a&token=x&{\"psk\":\"y\"}"});
}

TEST_CASE("sniff/masking: a CONNECT that breaks off anywhere shows none of its secrets") {
  for (const auto version : {proto::MqttVersion::v311, proto::MqttVersion::v5}) {
    const std::string whole = connect(version);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      CAPTURE(size);
      const std::string out = shown(whole.substr(0, size));
      CHECK(out.find("Kest") == std::string::npos);
      CHECK(out.find("Qwer") == std::string::npos);
    }
  }
}
