// A certificate authority with identities in files, brokers' configurations that use them, and the
// attempts of `wxsec attack` run one at a time against such a broker.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "src/attack/run.h"
#include "src/attack/target.h"
#include "src/broker/conf_file.h"
#include "tests/support/mosquitto.h"
#include "tests/support/tiny_ca.h"

namespace wxsec::test::attack_site {

using namespace std::chrono_literals;
using attack::Target;
using report::Outcome;
using test::Mosquitto;

// A CA, identities in files, and mosquitto configurations that use them. Made once.
struct Site {
  TinyCa ca{"Site CA"};
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
    write_identity(dir.path(), name, identity);
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

inline const Site& site() {
  static const Site one;
  return one;
}

inline Target target_at(net::Scheme scheme, std::uint16_t port) {
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

inline report::Check run_one(const std::string& name, const Target& target, attack::Loot& loot) {
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

inline report::Check run_one(const std::string& name, const Target& target) {
  attack::Loot nothing;
  return run_one(name, target, nothing);
}

inline std::string id_of(const report::Check& check) {
  return check.finding ? check.finding->id : "";
}

// For messages of failed assertions.
inline std::string all(const report::Check& check) {
  std::string text = std::string(report::outcome_name(check.outcome)) + ": " + check.summary;
  for (const std::string& line : check.evidence) text += "\n  " + line;
  return text;
}

inline bool mentions(const report::Check& check, std::string_view part) {
  return all(check).find(part) != std::string::npos;
}

}  // namespace wxsec::test::attack_site
