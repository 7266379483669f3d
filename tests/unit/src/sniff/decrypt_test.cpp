// With the key log the recorded connection is readable; without it, it is not. The captures are of
// real programs, each with one thing that decryption must follow (tests/captures/make_tls.sh).
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "lib/capture/source.h"
#include "lib/core/file.h"
#include "lib/flow/engine.h"
#include "src/sniff/expose.h"
#include "src/sniff/present.h"

using namespace wxsec;

namespace {

const std::string kCaptures = WXSEC_SOURCE_DIR "/tests/captures/";

enum class Keys { none, given };

std::string lines(const std::string& name, const std::string& key_log) {
  sniff::PresentOptions options;
  options.session.file = kCaptures + name + ".pcap";
  options.session.key_log = key_log;
  options.format = sniff::Format::json_lines;
  std::string out;
  const auto result = sniff::present(
      options, core::system_clock(), [&](std::string_view text) { out += text; },
      [](std::string_view) {}, std::stop_token{});
  REQUIRE(result);
  return out;
}

std::string lines(const std::string& name, Keys keys) {
  return lines(name, keys == Keys::given ? kCaptures + name + ".keys" : std::string());
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

const std::string kRequest =
    "\"type\":\"request\",\"decrypted\":true,\"version\":\"1.1\",\"method\":\"GET\",\"target\":\"";

}  // namespace

TEST_CASE("sniff/decrypt: a key log's last line counts without its line feed") {
  auto keys = core::read_file(kCaptures + "tls12.keys", 1 << 20);
  REQUIRE(keys);
  REQUIRE(keys->ends_with('\n'));
  keys->pop_back();
  const auto directory = core::TempDirectory::create("keys");
  REQUIRE(directory);
  const core::Path path = directory->path() / "no_line_feed.keys";
  REQUIRE(core::write_file_atomic(path, *keys, {}));
  CHECK(lines("tls12", path.string()).find(kRequest + "/reading\"") != std::string::npos);
}

TEST_CASE("sniff/decrypt: a NULL suite hides nothing, so everybody reads what it carries") {
  const std::string seen = lines("tls12_null", Keys::none);
  CHECK(seen.find("\"encrypted\":true") == std::string::npos);
  CHECK(seen.find("\"target\":\"/reading\"") != std::string::npos);
  CHECK(seen.find("\"status\":200") != std::string::npos);
  CHECK(seen.find("decrypted") == std::string::npos);
  CHECK(seen.find("\"verdict\":\"plaintext\"") != std::string::npos);
}

TEST_CASE("sniff/decrypt: a key log opens every construction of TLS 1.0 to 1.3, marked as such") {
  for (const char* name :
       {"tls10_cbc", "tls11_cbc", "tls12", "tls12_chacha", "tls12_ccm", "tls12_ccm8", "tls12_aria",
        "tls12_camellia", "tls12_cbc_etm", "tls12_cbc_mte", "tls12_cbc_sha1", "tls13",
        "tls13_aes128", "tls13_chacha", "tls13_hrr"}) {
    CAPTURE(name);
    const std::string closed = lines(name, Keys::none);
    CHECK(closed.find("/reading") == std::string::npos);
    CHECK(closed.find("decrypted") == std::string::npos);
    CHECK(closed.find("\"verdict\":\"encrypted\"") != std::string::npos);
    const std::string opened = lines(name, Keys::given);
    CHECK(opened.find(kRequest + "/reading\"") != std::string::npos);
    CHECK(opened.find(
              "\"type\":\"response\",\"decrypted\":true,\"version\":\"1.0\",\"status\":200") !=
          std::string::npos);
    CHECK(opened.find("wx-token-12345") == std::string::npos);  // masked all the same
    CHECK(opened.find("\"verdict\":\"encrypted\"") != std::string::npos);
    CHECK(opened.find("\"opened\":true") != std::string::npos);
  }
}

TEST_CASE("sniff/decrypt: a HelloRetryRequest does not confuse the keys") {
  CHECK(count(lines("tls13_hrr", Keys::given), "\"type\":\"hello_retry_request\"") == 1);
}

TEST_CASE("sniff/decrypt: KeyUpdate of one direction and of both is followed") {
  const std::string opened = lines("tls13_keyupdate", Keys::given);
  for (const char* target : {"/before\"", "/between\"", "/after\""})
    CHECK(opened.find(kRequest + target) != std::string::npos);
  // The server turns each line around: what it says after its own update is readable, too.
  CHECK(lines("tls13_keyupdate", Keys::none).find("/between") == std::string::npos);
}

TEST_CASE(
    "sniff/decrypt: a resumed TLS 1.2 session has the same master secret under another random") {
  const std::string opened = lines("tls12_resume", Keys::given);
  CHECK(count(opened, kRequest + "/reading\"") == 2);
  CHECK(count(opened, "\"resumed\":true") == 1);
}

TEST_CASE(
    "sniff/decrypt: early data is read before the server has said a word, and what follows it") {
  const std::string opened = lines("tls13_early", Keys::given);
  const std::size_t early = opened.find(kRequest + "/early\"");
  REQUIRE(early != std::string::npos);
  const std::size_t second_hello = opened.rfind("\"type\":\"server_hello\"");
  CHECK(early < second_hello);
  CHECK(opened.find("\"early_data\":true") != std::string::npos);
  CHECK(opened.find("\"resumed\":true") != std::string::npos);
  CHECK(lines("tls13_early", Keys::none).find("/early") == std::string::npos);
}

// The server's application reads none of it.
TEST_CASE("sniff/decrypt: early data that was refused is another conversation") {
  const std::string opened = lines("tls13_early_refused", Keys::given);
  CHECK(count(opened, "\"method\":\"HEAD\",\"target\":\"/early\"") == 2);
  CHECK(opened.find("\"status\":200,\"reason\":\"OK\",\"request_method\":\"GET\","
                    "\"request_target\":\"/late\"") != std::string::npos);
  CHECK(opened.find("\"body\":\"hello\"") != std::string::npos);
}

TEST_CASE("sniff/decrypt: a retry refuses early data, and it was offered nevertheless") {
  const std::string opened = lines("tls13_early_retry", Keys::given);
  CHECK(opened.find("\"body\":\"part\",\"incomplete\":true") != std::string::npos);
  CHECK(opened.find(kRequest + "/late\"") != std::string::npos);
  CHECK(count(opened, "\"early_data\":true") == 2);  // the hello, and the flow
}

TEST_CASE("sniff/decrypt: MQTT inside TLS appears as MQTT does") {
  const std::string opened = lines("mqtts", Keys::given);
  CHECK(opened.find("\"type\":\"connect\",\"decrypted\":true") != std::string::npos);
  CHECK(opened.find("\"username\":\"wxu1\",\"password\":\"h*****! (8 characters)\"") !=
        std::string::npos);
  CHECK(count(opened, "\"type\":\"publish\",\"decrypted\":true,\"topic\":\"wx/reading\"") == 2);
  CHECK(opened.find("\"inner\":\"mqtt\"") != std::string::npos);
  CHECK(lines("mqtts", Keys::none).find("wx/reading") == std::string::npos);
}

TEST_CASE("sniff/decrypt: nginx's compressed answers to curl are inflated behind decryption") {
  const std::string opened = lines("nginx_curl", Keys::given);
  CHECK(count(opened, "\\\"temperature_c\\\": 21.5") == 2);
  CHECK(opened.find("hunter2!") == std::string::npos);
  CHECK(opened.find("abcdef") == std::string::npos);
}

TEST_CASE("sniff/decrypt: with the key log a certificate of TLS 1.3 is seen, too") {
  CHECK(count(lines("tls13", Keys::none), "\"type\":\"certificate\"") == 0);
  const std::string opened = lines("tls13", Keys::given);
  CHECK(opened.find("\"type\":\"certificate\",\"decrypted\":true") != std::string::npos);
  CHECK(opened.find("CN=broker.wx.test") != std::string::npos);
}

TEST_CASE("sniff/decrypt: keys that are logged after the records passed by still open them") {
  struct Case {
    std::string name;
    int packets;  // so many pass by before the keys are logged: a message is among them, the end
                  // not
  };
  for (const auto& [name, packets] : {Case{"tls12", 12}, Case{"tls13", 15}, Case{"mqtts", 16}}) {
    CAPTURE(name);
    auto source = capture::open_file(kCaptures + name + ".pcap", "");
    const auto keys = core::read_file(kCaptures + name + ".keys", 1 << 20);
    REQUIRE(source);
    REQUIRE(keys);
    std::uint64_t opened = 0;
    flow::Engine engine(flow::EngineLimits{}, [&](const flow::Event& event) {
      const bool message = std::holds_alternative<flow::HttpMessage>(event.what) ||
                           std::holds_alternative<flow::MqttMessage>(event.what);
      if (message && event.decrypted) ++opened;
    });
    engine.keys().set_growing();
    capture::Packet packet;
    for (int i = 0; i < packets; ++i) {
      const auto next = (*source)->next(packet);
      REQUIRE(next);
      if (*next != capture::Next::packet) break;
      engine.take(packet);
    }
    CHECK(opened == 0);
    engine.keys().add(*keys);
    engine.keys_grew();
    CHECK(opened > 0);
  }
}

TEST_CASE("sniff/decrypt: what only the key log shows is no leak") {
  for (const std::string name : {"tls12", "tls13", "mqtts", "nginx_curl"}) {
    const auto seen = sniff::expose_file(kCaptures + name + ".pcap", kCaptures + name + ".keys",
                                         core::system_clock());
    REQUIRE(seen);
    CHECK(seen->credentials.empty());
    CHECK(seen->messages.empty());
    CHECK_FALSE(seen->contains("/reading"));
    CHECK(!seen->ciphertext.bytes.empty());
    REQUIRE(seen->flows.size() == 1);
    CHECK(seen->flows[0].protocol == "tls");
  }
}

TEST_CASE("sniff/exposure: an expired, self-signed certificate on the wire is found in TLS 1.2") {
  const auto seen = sniff::expose_file(kCaptures + "tls12.pcap", {}, core::system_clock());
  REQUIRE(seen);
  std::string ids;
  for (const report::Finding& one : seen->findings) ids += one.id + " ";
  CHECK(ids == "WX-CERT-001 WX-CERT-006 ");
}

namespace {

// A golden capture with its keys; `change` may spoil a packet, or leave it out by emptying it.
std::vector<std::string> opened_with(const std::string& name,
                                     const std::function<void(int, core::Bytes&)>& change) {
  auto source = capture::open_file(kCaptures + name + ".pcap", "");
  const auto keys = core::read_file(kCaptures + name + ".keys", 1 << 20);
  REQUIRE(source);
  REQUIRE(keys);
  std::vector<std::string> out;
  flow::Engine engine(flow::EngineLimits{}, [&](const flow::Event& event) {
    if (!event.decrypted) return;
    if (const auto* a = std::get_if<flow::HttpMessage>(&event.what))
      out.push_back(a->head->request ? std::string(a->head->target)
                                     : std::to_string(a->head->status));
    if (std::holds_alternative<flow::TlsAlertSeen>(event.what)) out.emplace_back("alert");
  });
  engine.keys().add(*keys);
  capture::Packet packet;
  for (int number = 1;; ++number) {
    const auto next = (*source)->next(packet);
    REQUIRE(next);
    if (*next != capture::Next::packet) break;
    core::Bytes bytes = core::to_bytes(packet.bytes);
    change(number, bytes);
    packet.bytes = bytes;
    if (!bytes.empty()) engine.take(packet);
  }
  engine.finish();
  return out;
}

constexpr int kRequestPacket = 10;   // in the captures of s_server
constexpr int kResponsePacket = 11;  // an alert follows in the next
constexpr std::size_t kIvAt = 14 + 20 + 32 + 5;

}  // namespace

TEST_CASE("sniff/decrypt: a CBC record that its receiver would refuse is not shown") {
  for (const std::string name : {"tls11_cbc", "tls12_cbc_mte", "tls12_cbc_etm"}) {
    CAPTURE(name);
    // One bit of the iv changes the same bit of the text: padding and length stay as they were.
    const auto seen = opened_with(name, [](int number, core::Bytes& bytes) {
      if (number == kRequestPacket) bytes.at(kIvAt + 5) ^= 1;
    });
    for (const std::string& one : seen) CHECK(one.find("/") == std::string::npos);
    CHECK(std::count(seen.begin(), seen.end(), "200") == 1);
  }
}

TEST_CASE("sniff/decrypt: after a lost record the number of the next CBC record is found again") {
  for (const std::string name : {"tls11_cbc", "tls12_cbc_mte", "tls12_cbc_etm"}) {
    CAPTURE(name);
    const auto seen = opened_with(name, [](int number, core::Bytes& bytes) {
      if (number == kResponsePacket) bytes.clear();
    });
    CHECK(seen == std::vector<std::string>{"/reading", "alert", "alert"});
  }
}
