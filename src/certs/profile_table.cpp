// The profiles that ship, compiled in. certs/profiles/*.toml say the same to people and can be
// copied into DIR/profiles to be changed; a test compares the two.
#include "src/certs/profile.h"

namespace wxsec::certs {
namespace {

using pki::KeyType;
using std::chrono::days;

Profile authority(std::string name, std::string description, days lifetime, long path_length) {
  Profile profile;
  profile.name = std::move(name);
  profile.description = std::move(description);
  profile.lifetime = lifetime;
  profile.ca = true;
  profile.path_length = path_length;
  return profile;
}

enum class For { server, client, both };

Profile leaf(std::string name, std::string description, std::chrono::milliseconds lifetime,
             For purpose) {
  Profile profile;
  profile.name = std::move(name);
  profile.description = std::move(description);
  profile.lifetime = lifetime;
  profile.server = purpose != For::client;
  profile.client = purpose != For::server;
  return profile;
}

Profile wrong(Fault fault, std::string description) {
  Profile profile =
      leaf(std::string(fault_text(fault)), std::move(description), days(30), For::server);
  profile.fault = fault;
  if (fault == Fault::weak_key) profile.key = KeyType::rsa1024;
  return profile;
}

}  // namespace

const std::vector<Profile>& built_in_profiles() {
  static const std::vector<Profile> kProfiles{
      authority("root", "the trust anchor: signs issuing authorities, rarely and offline",
                days(3650), 1),
      authority("issuing", "signs everything that lives: servers, stations, people", days(1825), 0),
      leaf("server", "a broker or an API, with localhost and loopback among its names", days(90),
           For::server),
      leaf("client", "a program or a person that connects: ingest, operator", days(90),
           For::client),
      leaf("station", "a weather station: its common name is its MQTT user name", days(365),
           For::client),
      leaf("both", "a server that is also a client, such as a bridge between brokers", days(90),
           For::both),
      leaf("short-lived", "six days: so short that revocation hardly matters", days(6),
           For::server),
      wrong(Fault::expired, "for lessons: ended an hour ago"),
      wrong(Fault::not_yet, "for lessons: begins tomorrow"),
      wrong(Fault::wrong_name, "for lessons: good, but for another host"),
      wrong(Fault::weak_key, "for lessons: RSA with 1024 bits"),
      wrong(Fault::sha1, "for lessons: signed over SHA-1"),
      wrong(Fault::no_san, "for lessons: a common name and no alternative name"),
      wrong(Fault::wrong_eku, "for lessons: a client's purpose on a server"),
      wrong(Fault::self_signed, "for lessons: vouches for itself"),
      wrong(Fault::ca_true, "for lessons: a server that claims to be an authority"),
      wrong(Fault::other_ca, "for lessons: from an authority that nobody trusts"),
  };
  return kProfiles;
}

}  // namespace wxsec::certs
