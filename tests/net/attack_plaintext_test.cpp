// What passes in the clear and who is let in without TLS: against a real broker that is safe (held)
// and ones that are not (broken).
#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "lib/capture/source.h"
#include "lib/mqtt/raw_client.h"
#include "lib/net/listen.h"
#include "tests/support/attack_site.h"

namespace {

using namespace wxsec;
using namespace test::attack_site;

bool may_capture() {
  capture::LiveOptions options;
  options.interface = "lo";
  const auto source = capture::open_live(options);
  if (!source) MESSAGE("skipped, no right to capture: " << source.error().what);
  return source.has_value();
}

// A station's connection, login and one reading, in the clear.
void report_once(std::uint16_t port) {
  auto client = mqtt::RawClient::open({"127.0.0.1", port, std::nullopt, 2s});
  if (!client) return;
  mqtt::RawConnect connect;
  connect.client_id = "station-0001";
  connect.username = "station-0001";
  connect.password = core::Secret("meadow-1969");
  if (!(*client.value)->connect(connect)) return;
  static_cast<void>((*client.value)
                        ->publish({"wx/station-0001/reading", "{\"temperature_c\":1}",
                                   mqtt::Qos::at_least_once, mqtt::Retain::no}));
  (*client.value)->disconnect();
}

}  // namespace

TEST_CASE("attack/plaintext: a broker that only takes TLS with certificates holds") {
  const Mosquitto broker(site().safe());
  const Target target = target_at(net::Scheme::mqtts, broker.port());
  for (const char* name : {"plain-mqtt", "plain-publish", "plain-subscribe"}) {
    const report::Check check = run_one(name, target);
    CAPTURE(all(check));
    CHECK(check.outcome == Outcome::held);
    CHECK(mentions(check, "connection refused"));  // of the other port, stated as such
  }
}

TEST_CASE("attack/plaintext: an open broker is broken, and a witness saw the message") {
  const Mosquitto broker(Site::open_to_all());
  const Target target = target_at(net::Scheme::mqtt, broker.port());
  const report::Check publish = run_one("plain-publish", target);
  CAPTURE(all(publish));
  CHECK(publish.outcome == Outcome::broken);
  CHECK(id_of(publish) == "WX-MQTT-001");
  CHECK(mentions(publish, "received wxsec-canary-"));
  const report::Check subscribe = run_one("plain-subscribe", target);
  CAPTURE(all(subscribe));
  CHECK(id_of(subscribe) == "WX-MQTT-002");
  CHECK(mentions(subscribe, "received on wx/"));
}

TEST_CASE(
    "attack/plaintext: a password asked for without TLS is a finding, and no forged reading") {
  const Mosquitto broker(site().with_passwords());
  const Target target = target_at(net::Scheme::mqtt, broker.port());
  const report::Check served = run_one("plain-mqtt", target);
  CAPTURE(all(served));
  CHECK(id_of(served) == "WX-MQTT-003");
  CHECK(mentions(served, "asks for a login"));
  for (const char* name : {"plain-publish", "plain-subscribe"}) {
    const report::Check stranger = run_one(name, target);
    CAPTURE(all(stranger));
    CHECK(stranger.outcome == Outcome::held);
    CHECK(mentions(stranger, "0x87"));
    CHECK(mentions(stranger, "see plain-mqtt"));
  }
}

TEST_CASE("attack/plaintext: a stolen password forges a reading") {
  const Mosquitto broker(site().with_passwords());
  const Target target = target_at(net::Scheme::mqtt, broker.port());
  attack::Loot loot;
  loot.login = attack::Login{"station-0001", core::Secret("meadow-1969")};
  CHECK(id_of(run_one("plain-mqtt", target, loot)) == "WX-MQTT-003");
  const report::Check thief = run_one("plain-publish", target, loot);
  CAPTURE(all(thief));
  CHECK(id_of(thief) == "WX-MQTT-001");
  CHECK(mentions(thief, "wx/station-0001/reading"));
  CHECK_FALSE(mentions(thief, "meadow-1969"));
}

TEST_CASE("attack/plaintext: let in, but the access list stops it: only the open door is found") {
  const Mosquitto broker("allow_anonymous true\nacl_file " + site().file("acl") +
                         "\nlistener PORT 127.0.0.1\n");
  const Target target = target_at(net::Scheme::mqtt, broker.port());
  CHECK(id_of(run_one("plain-mqtt", target)) == "WX-MQTT-003");
  const report::Check publish = run_one("plain-publish", target);
  CAPTURE(all(publish));
  CHECK(publish.outcome == Outcome::held);
  CHECK(mentions(publish, "code 0x87"));
  // Granted, but nobody here may send anything that could be heard: that proves nothing.
  const report::Check subscribe = run_one("plain-subscribe", target);
  CAPTURE(all(subscribe));
  CHECK(subscribe.outcome == Outcome::inconclusive);
  CHECK(mentions(subscribe, "nothing was delivered"));
}

TEST_CASE("attack/plaintext: a second, forgotten listener is found although the first one holds") {
  const Mosquitto forgotten(Site::open_to_all());
  const Mosquitto broker(site().safe());
  Target target = target_at(net::Scheme::mqtts, broker.port());
  target.plain_mqtt_ports = {forgotten.port()};
  const report::Check check = run_one("plain-publish", target);
  CAPTURE(all(check));
  CHECK(check.outcome == Outcome::broken);
  CHECK(check.finding->where == "mqtt://localhost:" + std::to_string(forgotten.port()));
}

TEST_CASE("attack/intercept: a password is read off the wire, kept, and opens the broker") {
  if (!may_capture()) return;
  const Mosquitto broker(site().with_passwords());
  Target target = target_at(net::Scheme::mqtt, broker.port());
  target.listen_for = 10s;
  const std::jthread station([port = broker.port()](const std::stop_token& stop) {
    while (!stop.stop_requested()) report_once(port);
  });
  attack::Loot loot;
  const report::Check heard = run_one("intercept", target, loot);
  CAPTURE(all(heard));
  CHECK(id_of(heard) == "WX-MQTT-004");
  CHECK_FALSE(mentions(heard, "meadow-1969"));
  REQUIRE(loot.login);
  CHECK(loot.login->username == "station-0001");
  CHECK(loot.login->password.reveal() == "meadow-1969");
  const report::Check forged = run_one("plain-publish", target, loot);
  CAPTURE(all(forged));
  CHECK(id_of(forged) == "WX-MQTT-001");
}

TEST_CASE("attack/intercept: of TLS nothing can be read, though a known text crossed the wire") {
  if (!may_capture()) return;
  const Mosquitto broker(site().safe());
  const report::Check check = run_one("intercept", target_at(net::Scheme::mqtts, broker.port()));
  CAPTURE(all(check));
  CHECK(check.outcome == Outcome::held);
  CHECK(mentions(check, "the operator sent wxsec-canary-"));
  CHECK(mentions(check, "encrypted, TLS 1.3"));
}
