// An alert is an answer to plaintext only where nobody spoke TLS.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/core/clock.h"
#include "lib/flow/engine.h"
#include "src/report/catalogue.h"
#include "src/sniff/exposure.h"
#include "tests/support/tcp_talk.h"
#include "tests/support/tls_talk.h"

using namespace wxsec;

namespace {

struct Said {
  bool by_client = true;
  std::string bytes;
};

bool plaintext_on_tls_port(const std::vector<Said>& talk) {
  const core::FixedClock clock{core::Instant{}};
  sniff::Collector collector(clock);
  flow::Engine engine({}, [&](const flow::Event& event) { collector.take(event); });
  std::uint32_t at[2] = {1, 1};
  std::uint64_t number = 0;
  const auto feed = [&](const test::Segment& segment) {
    const core::Bytes bytes = test::ethernet(segment);
    capture::Packet packet;
    packet.bytes = bytes;
    packet.original_size = static_cast<std::uint32_t>(bytes.size());
    packet.number = ++number;
    packet.time_ns = static_cast<std::int64_t>(number) * 1'000'000;
    engine.take(packet);
  };
  feed({.sequence = 0, .flags = "S"});
  for (const Said& one : talk) {
    std::uint32_t& mine = at[one.by_client ? 0 : 1];
    feed({.from_client = one.by_client,
          .sequence = mine,
          .payload = one.bytes,
          .acknowledgement = at[one.by_client ? 1 : 0]});
    mine += static_cast<std::uint32_t>(one.bytes.size());
  }
  engine.finish();
  const sniff::Exposure seen = collector.finish();
  return std::any_of(seen.findings.begin(), seen.findings.end(), [](const report::Finding& one) {
    return one.id == report::id::kPlaintextOnTlsPort;
  });
}

const std::string kAlert = test::tls_record(21, "\x02\x30");
const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kConnect = "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n";
const std::string kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
const std::string kHello = test::tls_record(22, test::client_hello({}));

}  // namespace

TEST_CASE("sniff/tls_watch: a server's alert to a request in clear is found") {
  CHECK(plaintext_on_tls_port({{true, kGet}, {false, kAlert}}));
}

TEST_CASE("sniff/tls_watch: the alerts of TLS inside a tunnel are no answer to plaintext") {
  CHECK_FALSE(plaintext_on_tls_port({{true, kConnect},
                                     {false, kEstablished},
                                     {true, kHello},
                                     {false, test::tls_record(22, test::server_hello({}))},
                                     {true, kAlert}}));
  CHECK_FALSE(plaintext_on_tls_port(
      {{true, kConnect}, {false, kEstablished}, {true, kHello}, {false, kAlert}}));
}
