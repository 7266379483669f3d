// Our two MQTT clients against the real Mosquitto with mutual TLS: what gets through, what does
// not, and whether each failure is called by its name.
#include "lib/mqtt/client.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <thread>

#include "lib/mqtt/preflight.h"
#include "lib/mqtt/raw_client.h"
#include "lib/net/listen.h"
#include "lib/proc/child.h"
#include "lib/proc/which.h"
#include "tests/support/live_broker.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using mqtt::Message;
using test::LiveBroker;

// One broker for all tests that leave it as it was.
LiveBroker& shared_broker() {
  static LiveBroker broker;
  static const bool started = [] {
    const auto ready = broker.start();
    REQUIRE_MESSAGE(ready, (ready ? "" : ready.error().what));
    return true;
  }();
  REQUIRE(started);
  return broker;
}

std::unique_ptr<mqtt::Client> connected(mqtt::ClientOptions options,
                                        mqtt::ClientCallbacks callbacks = {}) {
  auto client = mqtt::Client::start(std::move(options), std::move(callbacks));
  REQUIRE(client);
  const auto up = (*client)->wait_connected(10s);
  REQUIRE_MESSAGE(up, (up ? "" : up.error().what));
  return std::move(*client);
}

bool has_topic(const std::vector<mqtt::Received>& seen, const std::string& topic) {
  return std::any_of(seen.begin(), seen.end(),
                     [&](const mqtt::Received& one) { return one.message.topic == topic; });
}

core::Error error_of(const mqtt::ClientOptions& options) {
  const auto tried = mqtt::preflight(options);
  REQUIRE_FALSE(tried);
  return tried.error();
}

bool says(const core::Error& error, const char* part) {
  INFO(error.what);
  return error.what.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("net/mqtt_client: a publish over mutual TLS is seen by mosquitto_sub") {
  LiveBroker& broker = shared_broker();
  test::need_program("mosquitto_sub", "mosquitto-clients");
  auto client = connected(broker.client_options(broker.identity("station-0001")));
  // Retained, so that it does not matter who comes first.
  const Message hello{"wx/station-0001/status", "hello", mqtt::Qos::at_least_once,
                      mqtt::Retain::yes};
  CHECK(client->publish(hello, 5s));
  const auto watcher = broker.identity("operator");
  const auto seen =
      proc::run({.program = *proc::which("mosquitto_sub", "mosquitto-clients"),
                 .arguments = {"-h", "localhost", "-p", std::to_string(broker.port()), "--cafile",
                               broker.ca_file().string(), "--cert", watcher.certificate.string(),
                               "--key", watcher.key.string(), "-i", "operator", "-t", "wx/+/status",
                               "-v", "-C", "1", "-W", "10"}},
                core::Deadline::in(15s));
  REQUIRE(seen);
  CHECK_MESSAGE(seen->ending.ok(), seen->out);
  CHECK(seen->out.find("wx/station-0001/status hello") != std::string::npos);
  CHECK(client->publish({hello.topic, "", hello.qos, hello.retain}, 5s));  // forget it
}

TEST_CASE("net/mqtt_client: a denied publish is an error, and the witness sees only the allowed") {
  LiveBroker& broker = shared_broker();
  auto witness = broker.witness();
  auto client = connected(broker.client_options(broker.identity("station-0001")));
  const auto denied = client->publish({"wx/station-0002/reading", "forged"}, 5s);
  REQUIRE_FALSE(denied);
  CHECK(denied.error().code == core::Code::denied);
  CHECK(says(denied.error(), "not authorized"));
  CHECK(client->publish({"wx/station-0001/reading", "canary"}, 5s));
  const auto seen = witness->fence();
  REQUIRE(seen);
  CHECK(has_topic(*seen.value, "wx/station-0001/reading"));
  CHECK_FALSE(has_topic(*seen.value, "wx/station-0002/reading"));
}

TEST_CASE("net/mqtt_client: MQTT 3.1.1 hides the denial that MQTT 5 shows") {
  LiveBroker& broker = shared_broker();
  for (const mqtt::Version version : {mqtt::Version::v311, mqtt::Version::v5}) {
    auto opened = mqtt::RawClient::open(broker.raw_options(broker.identity("station-0001")));
    REQUIRE(opened);
    mqtt::RawConnect connect;
    connect.client_id = "station-0001";
    connect.version = version;
    REQUIRE((*opened.value)->connect(connect));
    const auto answer = (*opened.value)->publish({"wx/station-0002/reading", "forged"});
    CHECK(answer.value.has_value() == (version == mqtt::Version::v311));
    if (version == mqtt::Version::v5) CHECK(answer.refusal.reason == 0x87);
  }
}

TEST_CASE("net/mqtt_client: a station hears its own topics and nobody else's") {
  LiveBroker& broker = shared_broker();
  std::promise<Message> heard;
  auto station = mqtt::Client::start(
      broker.client_options(broker.identity("station-0001")),
      {.on_connection = {}, .on_message = [&heard](const Message& message) {
         heard.set_value(message);  // a second one would throw: there must be none
         return mqtt::Handled::done;
       }});
  REQUIRE(station);
  REQUIRE((*station)->subscribe("#"));
  REQUIRE((*station)->wait_connected(10s));
  auto op = connected(broker.client_options(broker.identity("operator")));
  CHECK(op->publish({"wx/station-0002/cmd", "not for you"}, 5s));
  CHECK(op->publish({"wx/station-0001/cmd", "for you"}, 5s));
  auto future = heard.get_future();
  REQUIRE(future.wait_for(5s) == std::future_status::ready);
  CHECK(future.get().payload == "for you");
}

TEST_CASE("net/mqtt_client: a message that cannot be handled now is offered again") {
  LiveBroker& broker = shared_broker();
  std::atomic<int> offers = 0;
  std::promise<void> done;
  auto station = mqtt::Client::start(broker.client_options(broker.identity("station-0001")),
                                     {.on_connection = {}, .on_message = [&](const Message&) {
                                        if (++offers < 3) return mqtt::Handled::retry;
                                        done.set_value();
                                        return mqtt::Handled::done;
                                      }});
  REQUIRE(station);
  REQUIRE((*station)->subscribe("wx/station-0001/cmd"));
  REQUIRE((*station)->wait_connected(10s));
  auto op = connected(broker.client_options(broker.identity("operator")));
  CHECK(op->publish({"wx/station-0001/cmd", "again"}, 5s));
  CHECK(done.get_future().wait_for(5s) == std::future_status::ready);
  CHECK(offers == 3);
}

TEST_CASE("net/mqtt_client: the preflight passes and shows the broker's certificate") {
  LiveBroker& broker = shared_broker();
  const auto passed = mqtt::preflight(broker.client_options(broker.identity("station-0001")));
  REQUIRE(passed);
  REQUIRE(passed->peer);
  REQUIRE_FALSE(passed->peer->chain.empty());
  CHECK(passed->peer->chain.front().common_name == "broker");
}

TEST_CASE("net/mqtt_client: each wrong certificate of a client is called by its name") {
  LiveBroker& broker = shared_broker();
  const test::TinyCa stranger("another CA");
  const test::Leaf good{
      .common_name = "station-0001", .names = {"station-0001"}, .server = false, .client = true};

  const auto foreign = error_of(broker.client_options(broker.identity(good, stranger)));
  CHECK(foreign.code == core::Code::denied);
  CHECK(says(foreign, "does not trust the CA of our certificate"));

  test::Leaf late = good;
  late.starts = -48h;
  late.ends = -24h;
  CHECK(says(error_of(broker.client_options(broker.identity(late, broker.ca()))),
             "our certificate has expired"));

  test::Leaf server_only = good;
  server_only.server = true;
  server_only.client = false;
  CHECK(says(error_of(broker.client_options(broker.identity(server_only, broker.ca()))),
             "not one for clients"));

  auto without = broker.client_options(broker.identity("station-0001"));
  without.tls.certificate.clear();
  without.tls.key.clear();
  CHECK(says(error_of(without), "demands a client certificate"));
}

TEST_CASE("net/mqtt_client: a broker that we must not trust is called by its name") {
  LiveBroker& broker = shared_broker();
  const auto identity = broker.identity("station-0001");
  const test::TinyCa stranger("another CA");
  const core::Path other = broker.directory() / "other-ca.pem";
  REQUIRE(core::write_file_atomic(other, stranger.pem(), {}));
  auto options = broker.client_options(identity);
  options.tls.ca = other;
  CHECK(says(error_of(options), "not issued by a CA that is trusted"));
}

TEST_CASE("net/mqtt_client: wrong host name and expired server certificate keep even Paho out") {
  struct Case {
    test::Leaf leaf;
    const char* says;
  };
  for (const Case& one :
       {Case{{.common_name = "broker", .names = {"elsewhere.test"}}, "for another host name"},
        Case{{.common_name = "broker", .starts = -48h, .ends = -24h}, "has expired"}}) {
    // Our supervisor starts no broker with such a pair; Mosquitto itself takes it when told to.
    LiveBroker broker;
    const auto ready = broker.start();
    REQUIRE(ready);
    broker.install_server(broker.ca().issue(one.leaf));
    REQUIRE(::kill(ready->pid, SIGHUP) == 0);
    REQUIRE(broker.logged("Reloading config"));
    CHECK(says(error_of(broker.client_options(broker.identity("station-0001"))), one.says));
    // Without preflight, so that it is Paho who refuses, and the diagnosis that names it.
    auto client = mqtt::Client::start(broker.client_options(broker.identity("station-0001")), {});
    REQUIRE(client);
    const auto up = (*client)->wait_connected(1500ms);
    REQUIRE_FALSE(up);
    CHECK(says(up.error(), one.says));
    CHECK_FALSE(broker.log().find("New client connected") != std::string::npos);
  }
}

TEST_CASE("net/mqtt_client: TLS to a plaintext port, plaintext to a TLS port, a closed port") {
  LiveBroker& secure = shared_broker();
  auto plain = secure.client_options(secure.identity("station-0001"));
  plain.transport = mqtt::Transport::plaintext_lesson;
  const auto hung_up = error_of(plain);
  CHECK(hung_up.code == core::Code::protocol);
  CHECK(hung_up.hint.find("TLS") != std::string::npos);
  CHECK(secure.logged("a client spoke plaintext to the TLS port"));

  std::vector<broker::Account> accounts;
  accounts.push_back({"station-0001", core::Secret("rain")});
  LiveBroker lesson(
      {.security = broker::Security::plaintext_lesson, .accounts = std::move(accounts)});
  REQUIRE(lesson.start());
  const auto not_tls = error_of(lesson.client_options(lesson.identity("station-0001")));
  CHECK_MESSAGE((not_tls.code == core::Code::protocol || not_tls.code == core::Code::refused),
                not_tls.what);

  auto login = lesson.client_options(lesson.identity("station-0001"));
  login.transport = mqtt::Transport::plaintext_lesson;
  login.username = "station-0001";
  login.password = core::Secret("rain");
  CHECK(mqtt::preflight(login));
  login.password = core::Secret("snow");
  const auto refused = error_of(login);
  CHECK(refused.code == core::Code::denied);

  auto nobody = secure.client_options(secure.identity("station-0001"));
  nobody.port = net::free_port().value();
  CHECK(error_of(nobody).code == core::Code::refused);
}

TEST_CASE("net/mqtt_client: it comes back after the broker was killed, with its subscriptions") {
  LiveBroker broker;
  REQUIRE(broker.start());
  std::atomic<int> ups = 0;
  std::atomic<int> heard = 0;
  auto station = mqtt::Client::start(broker.client_options(broker.identity("station-0001")),
                                     {.on_connection =
                                          [&](const mqtt::ConnectionEvent& event) {
                                            if (event.kind == mqtt::ConnectionEvent::Kind::up)
                                              ++ups;
                                          },
                                      .on_message =
                                          [&](const Message&) {
                                            ++heard;
                                            return mqtt::Handled::done;
                                          }});
  REQUIRE(station);
  REQUIRE((*station)->subscribe("wx/station-0001/cmd"));
  REQUIRE((*station)->wait_connected(10s));
  CHECK_FALSE(broker.kill());  // it ended by itself, says run_broker
  const auto while_down = (*station)->publish({"wx/station-0001/reading", "x"}, 2s);
  CHECK_FALSE(while_down);
  REQUIRE(broker.start());
  REQUIRE((*station)->wait_connected(10s));
  auto op = connected(broker.client_options(broker.identity("operator")));
  CHECK(op->publish({"wx/station-0001/cmd", "hello again"}, 5s));
  const auto deadline = core::Deadline::in(5s);
  while (heard == 0 && !deadline.passed()) std::this_thread::sleep_for(5ms);
  CHECK(heard == 1);
  CHECK(ups == 2);
}

TEST_CASE("net/mqtt_client: an IP address is verified like a name") {
  LiveBroker& broker = shared_broker();
  auto options = broker.client_options(broker.identity("station-0001"));
  options.host = "127.0.0.1";
  CHECK(connected(std::move(options)));
}

TEST_CASE("net/mqtt_client: stopping answers what is in flight and does not hang") {
  LiveBroker& broker = shared_broker();
  auto client = connected(broker.client_options(broker.identity("station-0001")));
  std::atomic<int> answers = 0;
  for (int i = 0; i < 10; ++i)
    client->publish_async({"wx/station-0001/reading", "x"},
                          [&](const core::Result<void>&) { ++answers; });
  client->stop(1s);
  CHECK(answers == 10);
  CHECK_FALSE(client->publish({"wx/station-0001/reading", "late"}, 1s));
}
