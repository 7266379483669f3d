// What a run of attempts says when something is not there, out of scope, or all is well.
#include <doctest/doctest.h>

#include <string>

#include "lib/net/listen.h"
#include "src/certs/layout.h"
#include "src/issue/init.h"
#include "tests/support/attack_site.h"

using namespace wxsec;
using namespace test::attack_site;

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
