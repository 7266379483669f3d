// All attempts. What an eavesdropper wins comes first, because what follows uses it.
#include <algorithm>
#include <array>

#include "src/attack/all_attempts.h"

namespace wxsec::attack {

std::span<const Attempt> attempts() {
  static const std::array<Attempt, 13> all = {{
      {"intercept",
       Group::plaintext,
       "read passwords and readings off the wire",
       {Need::broker},
       intercept},
      {"plain-mqtt",
       Group::plaintext,
       "talk MQTT with the broker without TLS",
       {Need::broker},
       plain_mqtt},
      {"plain-publish",
       Group::plaintext,
       "publish a forged reading over MQTT without TLS",
       {Need::broker},
       plain_publish},
      {"plain-subscribe",
       Group::plaintext,
       "receive readings over MQTT without TLS",
       {Need::broker},
       plain_subscribe},
      {"plain-http",
       Group::plaintext,
       "get data from the API over plain HTTP",
       {Need::api},
       plain_http},
      {"downgrade",
       Group::tls,
       "talk the broker down to TLS 1.1 or 1.0",
       {Need::broker},
       downgrade},
      {"downgrade-api",
       Group::tls,
       "talk the API down to TLS 1.1 or 1.0",
       {Need::api},
       downgrade_api},
      {"no-client-cert",
       Group::certs,
       "enter the broker without a client certificate",
       {Need::broker},
       no_client_cert},
      {"wrong-ca",
       Group::certs,
       "enter the broker with a station's certificate of another CA",
       {Need::broker},
       wrong_ca},
      {"expired",
       Group::certs,
       "enter the broker with an expired station's certificate",
       {Need::broker, Need::issuer},
       expired},
      {"revoked",
       Group::certs,
       "enter the broker with a revoked certificate",
       {Need::broker, Need::revoked},
       revoked},
      {"wrong-name",
       Group::impostors,
       "play the broker to wxsec's own station, with a certificate for another name",
       {Need::broker, Need::ca, Need::issuer},
       wrong_name},
      {"mitm",
       Group::impostors,
       "sit between wxsec's own station and the broker, with a certificate of another CA",
       {Need::broker, Need::ca},
       mitm},
  }};
  return all;
}

const Attempt* find_attempt(std::string_view name) {
  const auto all = attempts();
  const auto it = std::find_if(all.begin(), all.end(),
                               [name](const Attempt& attempt) { return attempt.name == name; });
  return it == all.end() ? nullptr : &*it;
}

std::string_view group_name(Group group) {
  switch (group) {
    case Group::plaintext: return "plaintext";
    case Group::tls: return "tls";
    case Group::certs: return "certs";
    case Group::impostors: return "impostors";
  }
  return "plaintext";
}

std::string_view need_name(Need need) {
  switch (need) {
    case Need::broker: return "a broker (--broker)";
    case Need::api: return "an API (--api)";
    case Need::ca: return "the CA that honest clients trust (--dir or --ca)";
    case Need::operator_: return "the operator's certificate and key (--dir)";
    case Need::issuer: return "the issuing CA's certificate and key (--dir)";
    case Need::revoked: return "a revoked certificate and its key (--revoked-cert, --revoked-key)";
  }
  return "";
}

}  // namespace wxsec::attack
