// What handshakes in clear tell of a flow: whose session, which fingerprints; in however many
// records.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>

#include "lib/flow/engine.h"
#include "tests/support/tcp_talk.h"
#include "tests/support/tls_talk.h"

using namespace wxsec;
using namespace wxsec::flow;
using test::client_hello;
using test::handshake;
using test::HelloOptions;
using test::server_hello;
using test::tls_record;

namespace {

struct Said {
  bool by_client = true;
  std::string bytes;
  bool captured = true;
};

struct Run {
  std::optional<TlsFacts> facts;
  std::vector<std::string> ja4s;  // of each hello
  std::size_t certificates = 0;

  explicit Run(const std::vector<Said>& talk) {
    Engine engine({}, [this](const Event& event) {
      if (const auto* a = std::get_if<TlsClientHelloSeen>(&event.what)) ja4s.emplace_back(a->ja4);
      if (std::holds_alternative<TlsCertificatesSeen>(event.what)) ++certificates;
      if (std::holds_alternative<FlowEnd>(event.what) && event.flow->tls != nullptr)
        facts = *event.flow->tls;
    });
    std::uint32_t at[2] = {1, 1};
    feed(engine, {.sequence = 0, .flags = "S", .server_port = 443});
    feed(engine, {.from_client = false,
                  .sequence = 0,
                  .flags = "SA",
                  .acknowledgement = 1,
                  .server_port = 443});
    for (const Said& one : talk) {
      std::uint32_t& mine = at[one.by_client ? 0 : 1];
      for (std::size_t i = 0; i < one.bytes.size(); i += kSegment) {
        const std::string part = one.bytes.substr(i, kSegment);
        if (one.captured)
          feed(engine, {.from_client = one.by_client,
                        .sequence = mine,
                        .payload = part,
                        .acknowledgement = at[one.by_client ? 1 : 0],
                        .server_port = 443});
        mine += static_cast<std::uint32_t>(part.size());
      }
    }
    engine.finish();
  }

 private:
  static constexpr std::size_t kSegment = 1200;

  void feed(Engine& engine, const test::Segment& segment) {
    const core::Bytes bytes = test::ethernet(segment);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.original_size = static_cast<std::uint32_t>(bytes.size());
    packet.number = ++number_;
    packet.time_ns = static_cast<std::int64_t>(number_) * 1'000'000;
    engine.take(packet);
  }
  std::uint64_t number_ = 0;
};

constexpr std::uint8_t kHandshake = 22;
const std::string kChange = tls_record(20, "\x01");
const std::string kFinished = tls_record(kHandshake, std::string(40, '\x07'));
const std::string kId(32, 'i');

std::string record_of(const std::string& message) { return tls_record(kHandshake, message); }

bool resumed(const HelloOptions& client, const HelloOptions& server,
             const std::vector<Said>& flight) {
  std::vector<Said> talk = {{true, record_of(client_hello(client))},
                            {false, record_of(server_hello(server))}};
  talk.insert(talk.end(), flight.begin(), flight.end());
  talk.push_back({false, kChange + kFinished});
  talk.push_back({true, kChange + kFinished});
  const Run run(talk);
  REQUIRE(run.facts);
  CHECK(run.facts->version == 0x0303);
  return run.facts->resumed;
}

const Said kCertificate = {false, record_of(handshake(11, std::string("\0\0\0", 3)))};
const Said kDone = {false, record_of(handshake(14, ""))};
const Said kTicket = {false, record_of(handshake(4, std::string(20, 't')))};

}  // namespace

TEST_CASE("flow/tls_handshake: resumed is said where the session's id or a ticket proves it") {
  CHECK(resumed({.session_id = kId}, {.session_id = kId}, {}));
  CHECK(resumed({.session_id = kId}, {.session_id = kId}, {kTicket}));
  CHECK(resumed({.ticket = "ticket"}, {}, {}));
  CHECK(resumed({.ticket = "ticket"}, {}, {kTicket}));
}

TEST_CASE("flow/tls_handshake: resumed is not said of full handshakes, nor after a loss") {
  CHECK_FALSE(
      resumed({.session_id = kId}, {.session_id = std::string(32, 'n')}, {kCertificate, kDone}));
  CHECK_FALSE(resumed({.ticket = "old"}, {}, {kCertificate, kDone, kTicket}));
  // RFC 4279: with a key that both had there is no certificate; and no session before it.
  CHECK_FALSE(resumed({.suite = 0x008C}, {.session_id = kId, .suite = 0x008C}, {kDone}));
  CHECK_FALSE(resumed({.ticket = "old"}, {.suite = 0x008C}, {kDone}));
  CHECK_FALSE(resumed({.session_id = kId}, {.session_id = kId},
                      {{false, kCertificate.bytes + kDone.bytes, false}}));
  CHECK_FALSE(resumed({.ticket = "old"}, {}, {{false, kCertificate.bytes + kDone.bytes, false}}));
}

TEST_CASE("flow/tls_handshake: a flow's fingerprints are those of its first hello") {
  const Run run({{true, record_of(client_hello({.suite = 0xC02F}))},
                 {false, record_of(server_hello({.suite = 0xC02F}))},
                 {true, record_of(client_hello({.suite = 0xC030}))}});
  REQUIRE(run.facts);
  REQUIRE(run.ja4s.size() == 2);
  CHECK(run.ja4s[0] != run.ja4s[1]);
  CHECK(run.facts->ja4 == run.ja4s[0]);
}

TEST_CASE(
    "flow/tls_handshake: a message in records of a byte each is not copied for each of them") {
  std::string records;
  for (const char byte : handshake(11, std::string(200'000, '\0')))
    records += record_of(std::string(1, byte));
  const auto begin = std::chrono::steady_clock::now();
  const Run run({{true, record_of(client_hello({}))},
                 {false, record_of(server_hello({})) + records + kDone.bytes}});
  CHECK(run.certificates == 1);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("flow/tls_handshake: in 1.3 a record that may be a refusal establishes nothing") {
  const auto established = [](const std::vector<Said>& flight, std::uint16_t suite = 0x1302) {
    const auto data = [](std::size_t size) { return tls_record(23, std::string(size, 'x')); };
    std::vector<Said> talk = {
        {true, record_of(client_hello({.suite = suite}))},
        {false, record_of(server_hello({.suite = suite, .tls13 = true})) + data(62) + data(69)},
        {true, data(69)}};
    talk.insert(talk.end(), flight.begin(), flight.end());
    const Run run(talk);
    REQUIRE(run.facts);
    CHECK(run.facts->version == 0x0304);
    return run.facts->established;
  };
  const Said alert = {false, tls_record(23, std::string(19, 'a'))};
  const Said short_alert = {false, tls_record(23, std::string(11, 'a'))};
  const Said more = {false, tls_record(23, std::string(20, 'm'))};
  constexpr std::uint16_t kCcm8 = 0x1305;
  CHECK_FALSE(established({}));
  CHECK_FALSE(established({alert}));
  CHECK_FALSE(established({{true, more.bytes}, alert, {true, more.bytes}}));
  CHECK_FALSE(established({short_alert}, kCcm8));
  CHECK(established({more}));
  CHECK(established({alert, alert}));
  CHECK(established({alert}, kCcm8));
}

TEST_CASE("flow/tls_handshake: up to 1.2 the server's key exchange names the group") {
  const auto group = [](std::uint16_t suite, const std::string& body) {
    const Run run({{true, record_of(client_hello({.suite = suite}))},
                   {false, record_of(server_hello({.suite = suite})) +
                               record_of(handshake(12, body)) + kDone.bytes}});
    REQUIRE(run.facts);
    return run.facts->group;
  };
  const std::string x25519("\x03\0\x1D\x20", 4);
  const std::string key(32, 'k');
  CHECK(group(0xC02F, x25519 + key) == 29);
  CHECK(group(0xC035, std::string("\0\x04hint", 6) + x25519 + key) == 29);  // ECDHE_PSK
  CHECK(group(0xC018, std::string("\x03\0\x17\x20", 4) + key) == 23);       // ECDH_anon
  CHECK(group(0xC02F, std::string("\x01\0\x1D\x20", 4) + key) == 0);        // a curve of its own
  CHECK(group(0xC02F, std::string("\x03\0", 2)) == 0);
  CHECK(group(0x009E, x25519 + key) == 0);  // DHE
}
