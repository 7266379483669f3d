#include "lib/mqtt/raw_client.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "lib/core/hex.h"

using namespace wxsec;
using core::Bytes;
using mqtt::ByteStream;
using mqtt::RawClient;
using namespace std::chrono_literals;

namespace {

// A peer that answers each of our writes with the next piece of its script, and keeps what we
// wrote. An empty script is silence, which a real peer would turn into a timeout.
struct Script final : ByteStream {
  std::deque<Bytes> answers;
  Bytes ready;
  Bytes* written;
  std::size_t piece = 4096;  // bytes a read gives at most
  bool closed_at_end = false;

  core::Result<std::size_t> read(std::span<std::uint8_t> into, const core::Deadline&) override {
    if (ready.empty() && closed_at_end) return std::size_t{0};
    if (ready.empty()) return core::fail(core::Code::timeout, "silence");
    const std::size_t count = std::min({into.size(), ready.size(), piece});
    std::copy_n(ready.begin(), count, into.begin());
    ready.erase(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  core::Result<void> write(core::ByteView bytes, const core::Deadline&) override {
    written->insert(written->end(), bytes.begin(), bytes.end());
    if (answers.empty()) return {};
    ready.insert(ready.end(), answers.front().begin(), answers.front().end());
    answers.pop_front();
    return {};
  }
};

Bytes hex(const char* text) { return core::from_hex(text).value(); }

struct Talk {
  Bytes written;
  std::unique_ptr<RawClient> client;
  explicit Talk(std::initializer_list<const char*> answers, std::size_t piece = 4096,
                bool closed_at_end = false) {
    auto script = std::make_unique<Script>();
    for (const char* answer : answers) script->answers.push_back(hex(answer));
    script->written = &written;
    script->piece = piece;
    script->closed_at_end = closed_at_end;
    client = RawClient::over(std::move(script), 100ms);
  }
  std::string sent() const { return core::to_hex(written); }
};

mqtt::RawConnect as(const char* id, mqtt::Version version) {
  mqtt::RawConnect connect;
  connect.client_id = id;
  connect.version = version;
  return connect;
}

constexpr const char* kConnackOk = "20020000";
constexpr const char* kConnack5Ok = "2003000000";

}  // namespace

TEST_CASE("mqtt/raw_client: CONNECT has the bytes of MQTT 3.1.1 section 3.1") {
  Talk talk({kConnackOk});
  mqtt::RawConnect connect = as("a", mqtt::Version::v311);
  connect.username = "u";
  connect.password = core::Secret("p");
  const auto accepted = talk.client->connect(connect);
  REQUIRE(accepted);
  CHECK(accepted.value->reason == 0);
  // fixed header, "MQTT", level 4, user+password+clean, keep-alive 60, "a", "u", "p"
  CHECK(talk.sent() == "101300044d51545404c2003c000161000175000170");
}

TEST_CASE("mqtt/raw_client: a refusing CONNACK is a refusal with its code") {
  Talk talk({"20020005"});
  const auto refused = talk.client->connect(as("a", mqtt::Version::v311));
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal.stage == mqtt::Stage::mqtt);
  CHECK(refused.refusal.reason == 5);
  CHECK(refused.refusal.error.code == core::Code::denied);
  CHECK_FALSE(refused.refusal.closed_without_a_word);
}

TEST_CASE("mqtt/raw_client: a denied publish shows in MQTT 5, with the peer's own words") {
  // PUBACK id 1, reason 0x87, reason string "no"
  Talk talk({kConnack5Ok,
             "400900018705"
             "1f0002"
             "6e6f"});
  REQUIRE(talk.client->connect(as("a", mqtt::Version::v5)));
  const auto refused = talk.client->publish({"t", "x", mqtt::Qos::at_least_once});
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal.reason == 0x87);
  CHECK(refused.refusal.error.what.find("(no)") != std::string::npos);
}

TEST_CASE("mqtt/raw_client: the answer may come byte by byte") {
  Talk talk({kConnackOk, "40020001"}, 1);
  REQUIRE(talk.client->connect(as("a", mqtt::Version::v311)));
  const auto done = talk.client->publish({"t", "x", mqtt::Qos::at_least_once});
  CHECK(done);
}

TEST_CASE("mqtt/raw_client: an acknowledgement of another packet is not ours") {
  Talk talk({kConnackOk, "40020009"});
  REQUIRE(talk.client->connect(as("a", mqtt::Version::v311)));
  const auto refused = talk.client->publish({"t", "x", mqtt::Qos::at_least_once});
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal.error.code == core::Code::timeout);
}

TEST_CASE(
    "mqtt/raw_client: the fence returns what arrived before its answer, and acknowledges it") {
  // PUBLISH QoS 1 id 7 topic "t" payload "hi", then PINGRESP
  Talk talk({kConnackOk,
             "32070001740007"
             "6869"
             "d000"});
  REQUIRE(talk.client->connect(as("a", mqtt::Version::v311)));
  talk.written.clear();
  const auto seen = talk.client->fence();
  REQUIRE(seen);
  REQUIRE(seen.value->size() == 1);
  CHECK(seen.value->front().message.topic == "t");
  CHECK(seen.value->front().message.payload == "hi");
  CHECK(talk.sent() ==
        "c000"
        "40020007");
}

TEST_CASE("mqtt/raw_client: a granted subscription tells its QoS, a refused one its code") {
  Talk talk({kConnackOk, "9003000101", "9003000280"});
  REQUIRE(talk.client->connect(as("a", mqtt::Version::v311)));
  const auto granted = talk.client->subscribe("wx/#", mqtt::Qos::at_least_once);
  REQUIRE(granted);
  CHECK(granted.value->reason == 1);
  const auto refused = talk.client->subscribe("wx/#", mqtt::Qos::at_least_once);
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal.reason == 0x80);
}

TEST_CASE("mqtt/raw_client: a peer that hangs up without a word is told as that") {
  Talk talk({}, 4096, true);
  const auto refused = talk.client->connect(as("a", mqtt::Version::v311));
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal.closed_without_a_word);
  CHECK(refused.refusal.stage == mqtt::Stage::mqtt);
}

TEST_CASE("mqtt/raw_client: a peer that speaks something else is named") {
  // a TLS alert (flags that CONNECT never has), five bytes of length, packet type 0
  for (const char* answer : {"15030300020246", "20ffffffff01", "00"}) {
    Talk talk({answer});
    const auto refused = talk.client->connect(as("a", mqtt::Version::v311));
    REQUIRE_FALSE(refused);
    CHECK(refused.refusal.error.code == core::Code::protocol);
  }
}

TEST_CASE("mqtt/raw_client: a packet over the bound is refused before it is buffered") {
  Talk talk({"30ffffff7f"});
  const auto refused = talk.client->connect(as("a", mqtt::Version::v311));
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal.error.code == core::Code::protocol);
}

TEST_CASE("mqtt/raw_client: a DISCONNECT of the broker is told with its reason") {
  Talk talk({kConnack5Ok, "e0028e00"});  // session taken over
  REQUIRE(talk.client->connect(as("a", mqtt::Version::v5)));
  const auto refused = talk.client->publish({"t", "x", mqtt::Qos::at_least_once});
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal.reason == 0x8e);
}

TEST_CASE("mqtt/raw_client: nothing is sent after the disconnect") {
  Talk talk({kConnackOk});
  REQUIRE(talk.client->connect(as("a", mqtt::Version::v311)));
  talk.written.clear();
  talk.client->disconnect();
  CHECK(talk.sent() == "e000");
  CHECK_FALSE(talk.client->publish({"t", "x", mqtt::Qos::at_most_once}));
}
