// Certificates, versions of TLS and impostors: against a real broker that is safe (held) and ones
// that are not (broken).
#include <doctest/doctest.h>

#include <string>

#include "src/attack/impostor.h"
#include "tests/support/attack_site.h"

using namespace wxsec;
using namespace test::attack_site;

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
