// Every attempt against a real broker that is safe (held), one that is not (broken), and none at
// all (inconclusive).
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>
#include <thread>

#include "lib/capture/source.h"
#include "lib/mqtt/raw_client.h"
#include "lib/net/dial.h"
#include "lib/net/listen.h"
#include "src/attack/admission.h"
#include "src/attack/impostor.h"
#include "src/attack/run.h"
#include "src/attack/target.h"
#include "src/broker/conf_file.h"
#include "src/certs/layout.h"
#include "src/issue/init.h"
#include "tests/support/mosquitto.h"
#include "tests/support/tiny_ca.h"

namespace {

using namespace wxsec;
using namespace std::chrono_literals;
using attack::Target;
using report::Outcome;
using test::Mosquitto;

// A CA, identities in files, and mosquitto configurations that use them. Made once.
struct Site {
  test::TinyCa ca{"Site CA"};
  core::TempDirectory dir = std::move(*core::TempDirectory::create("wxsec-attack-test-"));
  core::Path ca_file = dir.path() / "ca.pem";
  core::Path crl_file = dir.path() / "crl.pem";
  tls::Identity lost = ca.client("station-0009");

  Site() {
    write(ca_file, ca.pem());
    std::vector<tls::Identity> revoked;
    revoked.push_back(lost.clone());
    write(crl_file, ca.crl(revoked));
    put("broker", ca.issue({}));
    put("operator", ca.client("operator"));
    put("station-0001", ca.client("station-0001"));
    put("lost", lost);
    write(dir.path() / "acl",
          "user operator\ntopic read wx/#\ntopic write wx/+/cmd\npattern write wx/%u/#\n");
    const auto passwords = broker::password_text(accounts());
    REQUIRE(passwords);
    write(dir.path() / "passwords", *passwords);
  }
  static std::vector<broker::Account> accounts() {
    std::vector<broker::Account> all;
    all.push_back({"station-0001", core::Secret("meadow-1969")});
    return all;
  }
  void put(const std::string& name, const tls::Identity& identity) const {
    test::write_identity(dir.path(), name, identity);
  }
  static void write(const core::Path& path, const std::string& text) {
    REQUIRE(core::write_file_atomic(path, text, {}));
  }
  attack::Identity identity(const std::string& name) const {
    return {dir.path() / (name + ".pem"), dir.path() / (name + "-key.pem")};
  }
  std::string file(const char* name) const { return (dir.path() / name).string(); }

  std::string tls_files() const {
    return "listener PORT 127.0.0.1\ncafile " + file("ca.pem") + "\ncertfile " +
           file("broker.pem") + "\nkeyfile " + file("broker-key.pem") + "\n";
  }
  // As `wxsec broker config` would have it.
  std::string safe() const {
    return "per_listener_settings false\nallow_anonymous false\nacl_file " + file("acl") + "\n" +
           tls_files() + "tls_version tlsv1.2\ncrlfile " + file("crl.pem") +
           "\nrequire_certificate true\nuse_identity_as_username true\n";
  }
  // TLS, but it asks nobody who he is and speaks whatever is wished for.
  std::string careless() const {
    return "allow_anonymous true\n" + tls_files() +
           "tls_version tlsv1.1\nciphers ALL:@SECLEVEL=0\nrequire_certificate false\n";
  }
  static std::string open_to_all() { return "allow_anonymous true\nlistener PORT 127.0.0.1\n"; }
  std::string with_passwords() const {
    return "allow_anonymous false\npassword_file " + file("passwords") + "\nacl_file " +
           file("acl") + "\nlistener PORT 127.0.0.1\n";
  }
};

const Site& site() {
  static const Site one;
  return one;
}

Target target_at(net::Scheme scheme, std::uint16_t port) {
  Target target;
  target.broker = net::Endpoint{scheme, "localhost", port, ""};
  target.plain_mqtt_ports = {test::closed_port()};
  target.timeout = 5s;
  target.listen_for = 200ms;
  if (scheme != net::Scheme::mqtts) return target;
  target.dir = site().dir.path();
  target.ca = site().ca_file;
  target.operator_ = site().identity("operator");
  target.station = site().identity("station-0001");
  target.revoked = site().identity("lost");
  return target;
}

report::Check run_one(const std::string& name, const Target& target, attack::Loot& loot) {
  attack::Options options;
  options.names = {name};
  auto report = attack::run(options, target, loot, core::system_clock(), {});
  REQUIRE(report);
  REQUIRE(report->checks.size() == 1);
  report::Check check = std::move(report->checks.front());
  CHECK(check.name == name);
  CHECK_FALSE(check.summary.empty());
  CHECK(check.finding.has_value() == (check.outcome == Outcome::broken));
  return check;
}

report::Check run_one(const std::string& name, const Target& target) {
  attack::Loot nothing;
  return run_one(name, target, nothing);
}

std::string id_of(const report::Check& check) { return check.finding ? check.finding->id : ""; }

// For messages of failed assertions.
std::string all(const report::Check& check) {
  std::string text = std::string(report::outcome_name(check.outcome)) + ": " + check.summary;
  for (const std::string& line : check.evidence) text += "\n  " + line;
  return text;
}

bool mentions(const report::Check& check, std::string_view part) {
  return all(check).find(part) != std::string::npos;
}

// Says the same to everybody who connects.
class Canned {
 public:
  explicit Canned(std::string answer)
      : listener_(*net::listen({net::Scheme::none, "127.0.0.1", 0, ""}, 8)),
        thread_([this, answer = std::move(answer)](const std::stop_token& stop) {
          while (!stop.stop_requested()) serve(answer);
        }) {}
  std::uint16_t port() const { return listener_.endpoint.port; }

 private:
  void serve(const std::string& answer) const {
    if (!net::wait_ready(listener_.fd.get(), net::Direction::read, core::Deadline::in(20ms)))
      return;
    const core::Fd socket(::accept(listener_.fd.get(), nullptr, nullptr));
    if (!socket || !net::wait_ready(socket.get(), net::Direction::read, core::Deadline::in(2s)))
      return;
    char request[4096];
    if (::recv(socket.get(), request, sizeof request, 0) <= 0) return;
    ::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }
  net::Listener listener_;
  std::jthread thread_;
};

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

std::string http_answer(const std::string& status, const std::string& type,
                        const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
         "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

report::Check ask_api(std::uint16_t port) {
  Target target;
  target.api = net::Endpoint{net::Scheme::https, "127.0.0.1", port, ""};
  target.plain_http_ports = {test::closed_port()};
  return run_one("plain-http", target);
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

TEST_CASE("attack/http: data in the clear is broken") {
  const Canned api(http_answer("200 OK", "application/json", "{\"items\":[]}"));
  const report::Check check = ask_api(api.port());
  CAPTURE(all(check));
  CHECK(id_of(check) == "WX-HTTP-001");
}

TEST_CASE("attack/http: an answer without data holds, a question for a password is no proof") {
  for (const auto& [answer, expected] : std::vector<std::pair<std::string, Outcome>>{
           {http_answer("400 Bad Request", "text/plain", "this is an HTTPS port"), Outcome::held},
           {http_answer("404 Not Found", "text/html", "<h1>nginx</h1>"), Outcome::held},
           {http_answer("200 OK", "text/html", "<h1>It works!</h1>"), Outcome::held},
           {"\x15\x03\x01\x00\x02\x02\x46", Outcome::held},
           {http_answer("401 Unauthorized", "application/json", "{}"), Outcome::inconclusive}}) {
    const Canned api(answer);
    const report::Check check = ask_api(api.port());
    CAPTURE(all(check));
    CHECK(check.outcome == expected);
  }
}

TEST_CASE("attack: what is not there is inconclusive, never held, and named as untested") {
  Target target = target_at(net::Scheme::mqtts, test::closed_port());
  target.api = net::Endpoint{net::Scheme::https, "127.0.0.1", test::closed_port(), ""};
  target.plain_http_ports = {};
  target.timeout = 1s;
  attack::Options options;
  options.names = {"all"};
  attack::Loot nothing;
  const auto report = attack::run(options, target, nothing, core::system_clock(), {});
  REQUIRE(report);
  CHECK(report->checks.size() == attack::attempts().size());
  for (const report::Check& check : report->checks) {
    CAPTURE(check.name);
    CAPTURE(all(check));
    CHECK(check.outcome == Outcome::inconclusive);
  }
  REQUIRE(report->untested.size() == 2);
  CHECK(report->untested[0].starts_with("mqtts://localhost:"));
  CHECK(report->untested[1].starts_with("https://127.0.0.1:"));
}

TEST_CASE("attack: a port that takes connections and says nothing was not tested") {
  const auto silent = net::listen({net::Scheme::none, "127.0.0.1", 0, ""}, 8);
  REQUIRE(silent);
  Target target = target_at(net::Scheme::mqtts, silent->endpoint.port);
  target.timeout = 300ms;
  attack::Options options;
  options.names = {"plain-mqtt", "plain-publish", "plain-subscribe", "wrong-ca", "mitm"};
  attack::Loot nothing;
  const auto report = attack::run(options, target, nothing, core::system_clock(), {});
  REQUIRE(report);
  for (const report::Check& check : report->checks) {
    CAPTURE(all(check));
    CHECK(check.outcome == Outcome::inconclusive);
  }
  CHECK(report->untested.size() == 1);
}

TEST_CASE("attack: an attempt that was named and lacks its files was not tested, a group was") {
  const Mosquitto broker(site().safe());
  const Target target = target_at(net::Scheme::mqtts, broker.port());
  attack::Options options;
  attack::Loot nothing;
  options.names = {"expired", "wrong-ca"};
  const auto named = attack::run(options, target, nothing, core::system_clock(), {});
  REQUIRE(named);
  REQUIRE(named->untested.size() == 1);
  CHECK(named->untested[0].starts_with("expired was not tested: needs the issuing CA's"));
  options.names = {"certs"};
  const auto group = attack::run(options, target, nothing, core::system_clock(), {});
  REQUIRE(group);
  CHECK(group->untested.empty());
}

TEST_CASE("attack/certs: the safe broker refuses each client with the alert that says why") {
  const Mosquitto broker(site().safe());
  const Target target = target_at(net::Scheme::mqtts, broker.port());
  for (const auto& [name, alert] :
       std::vector<std::pair<const char*, const char*>>{{"no-client-cert", "certificate_required"},
                                                        {"wrong-ca", "unknown_ca"},
                                                        {"revoked", "certificate_revoked"}}) {
    const report::Check check = run_one(name, target);
    CAPTURE(all(check));
    CHECK(check.outcome == Outcome::held);
    CHECK(mentions(check, alert));
    CHECK(mentions(check, "the operator's certificate: let in"));
  }
}

TEST_CASE("attack/certs: the careless broker lets them all in") {
  const Mosquitto broker(site().careless());
  const Target target = target_at(net::Scheme::mqtts, broker.port());
  for (const auto& [name, id] :
       std::vector<std::pair<const char*, const char*>>{{"no-client-cert", "WX-MQTT-007"},
                                                        {"wrong-ca", "WX-MQTT-008"},
                                                        {"revoked", "WX-MQTT-010"},
                                                        {"downgrade", "WX-TLS-001"}}) {
    const report::Check check = run_one(name, target);
    CAPTURE(all(check));
    CHECK(id_of(check) == id);
    if (id_of(check) == "WX-MQTT-010")  // its catalogue text has a placeholder
      CHECK(check.finding->remedy.find("`crlfile " + site().file("crl.pem")) != std::string::npos);
  }
}

TEST_CASE("attack/certs: without the files that an attempt needs it is inconclusive and says so") {
  const Mosquitto broker(site().safe());
  Target target = target_at(net::Scheme::mqtts, broker.port());
  const report::Check check = run_one("expired", target);
  CHECK(check.outcome == Outcome::inconclusive);
  CHECK(check.summary == "needs the issuing CA's certificate and key (--dir)");
}

TEST_CASE("attack/tls: the safe broker speaks nothing below TLS 1.2") {
  const Mosquitto broker(site().safe());
  const report::Check check = run_one("downgrade", target_at(net::Scheme::mqtts, broker.port()));
  CAPTURE(all(check));
  CHECK(check.outcome == Outcome::held);
  CHECK(mentions(check, "protocol_version"));
}

TEST_CASE("attack/tls: TLS 1.1 is found also where a client certificate is demanded afterwards") {
  const Mosquitto broker(
      "allow_anonymous true\n" + site().tls_files() +
      "tls_version tlsv1.1\nciphers ALL:@SECLEVEL=0\nrequire_certificate true\n");
  const report::Check check = run_one("downgrade", target_at(net::Scheme::mqtts, broker.port()));
  CAPTURE(all(check));
  CHECK(id_of(check) == "WX-TLS-001");
}

TEST_CASE("attack/mitm: the station refuses a relay of another CA before it says a word") {
  const Mosquitto broker(site().safe());
  const report::Check check = run_one("mitm", target_at(net::Scheme::mqtts, broker.port()));
  CAPTURE(all(check));
  CHECK(check.outcome == Outcome::held);
  CHECK(mentions(check, "the relay read its CONNECT"));
  CHECK(mentions(check, "unknown_ca"));
}

TEST_CASE("attack/mitm: a relay with a certificate that the station trusts is noticed as broken") {
  const Mosquitto broker(site().careless());
  const Target target = target_at(net::Scheme::mqtts, broker.port());
  const tls::Identity good = site().ca.issue({});
  attack::Loot nothing;
  const attack::Session session{target, nothing, core::system_clock(), {}};
  const report::Check check = attack::attempt_to_play_broker(
      session, {good.chain_pem, good.key_pem.clone()}, "a relay that fits", "WX-TLS-003");
  CAPTURE(all(check));
  CHECK(check.outcome == Outcome::broken);
  CHECK(core::as_text(check.bytes).find("station-0001") != std::string_view::npos);
}

TEST_CASE(
    "attack/mitm: a relay with the CA's certificate for another name is refused for the name") {
  const Mosquitto broker(site().safe());
  const Target target = target_at(net::Scheme::mqtts, broker.port());
  test::Leaf other;
  other.common_name = "somebody-else.wx.test";
  other.names = {"somebody-else.wx.test"};
  const tls::Identity wrong = site().ca.issue(other);
  attack::Loot nothing;
  const attack::Session session{target, nothing, core::system_clock(), {}};
  const report::Check check = attack::attempt_to_play_broker(
      session, {wrong.chain_pem, wrong.key_pem.clone()}, "a relay with another name", "WX-TLS-004");
  CAPTURE(all(check));
  CHECK(check.outcome == Outcome::held);
  CHECK(mentions(check, "host name"));
}

TEST_CASE("attack/run: a host out of scope is refused before anything is sent") {
  Target target;
  target.broker = net::Endpoint{net::Scheme::mqtts, "broker.wx.invalid", 8883, ""};
  attack::Options options;
  options.names = {"all"};
  bool started = false;
  options.on_start = [&](const attack::Attempt&) { started = true; };
  attack::Loot nothing;
  const auto report = attack::run(options, target, nothing, core::system_clock(), {});
  REQUIRE_FALSE(report);
  CHECK(report.error().code == core::Code::not_authorised);
  CHECK_FALSE(started);
}

TEST_CASE("attack/run: an unknown name is a usage error, a stop ends it") {
  const Target target = target_at(net::Scheme::mqtts, test::closed_port());
  attack::Options options;
  options.names = {"plaintext", "flying"};
  attack::Loot nothing;
  const auto unknown = attack::run(options, target, nothing, core::system_clock(), {});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == core::Code::usage);
  std::stop_source stopped;
  stopped.request_stop();
  options.names = {"plaintext"};
  const auto report =
      attack::run(options, target, nothing, core::system_clock(), stopped.get_token());
  REQUIRE_FALSE(report);
  CHECK(report.error().code == core::Code::interrupted);
}

TEST_CASE("attack/all: what `certs init` and a safe broker make holds against everything") {
  const core::TempDirectory dir = std::move(*core::TempDirectory::create("wxsec-attack-test-"));
  certs::InitOptions init;
  init.dir = dir.path();
  init.stations = 1;
  REQUIRE(certs::init(init, core::system_clock()));
  const certs::Layout layout(dir.path());
  Site::write(dir.path() / "acl", "user operator\ntopic read wx/#\ntopic write wx/+/cmd\n");
  const Mosquitto broker("allow_anonymous false\nacl_file " + (dir.path() / "acl").string() +
                         "\nlistener PORT 127.0.0.1\ncafile " + layout.ca().string() +
                         "\ncertfile " + layout.broker().fullchain.string() + "\nkeyfile " +
                         layout.broker().key.string() + "\ncrlfile " + layout.crl().string() +
                         "\nrequire_certificate true\nuse_identity_as_username true\n");
  attack::TargetOptions words;
  words.dir = dir.path();
  words.broker = "mqtts://localhost:" + std::to_string(broker.port());
  auto target = attack::target_from(words);
  REQUIRE(target);
  CHECK_FALSE(target->api.has_value());
  target->plain_mqtt_ports = {test::closed_port()};
  for (const char* name : {"plain-publish", "plain-subscribe", "no-client-cert", "wrong-ca",
                           "expired", "wrong-name", "mitm", "downgrade"}) {
    const report::Check check = run_one(name, *target);
    CAPTURE(name);
    CAPTURE(all(check));
    CHECK(check.outcome == Outcome::held);
  }
  CHECK(mentions(run_one("expired", *target), "certificate_expired"));
  CHECK(mentions(run_one("wrong-name", *target), "somebody-else.wx.test"));
}
