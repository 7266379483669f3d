// Offers TLS 1.1 alone, then TLS 1.0 alone, with every cipher that we can speak. A server with a
// floor answers our hello with an alert (protocol_version, or internal_error where it has no
// signature left that is old enough); one without answers with a hello and its certificate.
#include <fmt/core.h>

#include <array>

#include "lib/tls/probe.h"
#include "src/attack/all_attempts.h"
#include "src/attack/outcome.h"
#include "src/report/catalogue.h"

namespace wxsec::attack {
namespace {

core::Result<tls::ClientContext> context_for(tls::Version floor, tls::Version ceiling) {
  tls::ClientOptions options;
  options.policy = tls::everything_for_a_lesson();
  options.policy.floor = floor;
  options.policy.ceiling = ceiling;
  options.ca_pem = "";
  options.trust = tls::Trust::accept_any_certificate;
  options.host_name = tls::HostName::accept_any_name;
  return tls::ClientContext::create(options);
}

struct Offer {
  bool agreed = false;   // the server went along
  bool refused = false;  // it ended the attempt with an alert instead of a hello of its own
  std::string words;
};

Offer offer(const net::Endpoint& endpoint, tls::Version floor, tls::Version ceiling,
            std::chrono::milliseconds timeout) {
  const auto context = context_for(floor, ceiling);
  if (!context) return {false, false, context.error().what};
  tls::ProbeOptions options;
  options.target = endpoint;
  options.timeout = timeout;
  const tls::ProbeResult result = tls::probe(options, *context);
  // A server that has sent its certificate has agreed on the version, whatever it then wants of us.
  Offer answer{result.handshake || !result.peer.chain.empty(), false, {}};
  answer.refused = !answer.agreed && result.failure.alert.has_value();
  if (answer.agreed) answer.words = "agreed";
  if (result.failure)
    answer.words += fmt::format("{}{}", answer.agreed ? ", and then: " : "",
                                tls::cause_sentence(result.failure.cause));
  if (result.failure.alert)
    answer.words += fmt::format(" (TLS alert {})", result.failure.alert->name);
  return answer;
}

report::Check downgrade_of(const net::Endpoint& endpoint, const Session& session) {
  report::Check check = begin(endpoint);
  const auto timeout = session.target.timeout;
  const Offer control = offer(endpoint, tls::Version::tls1_2, tls::Version::tls1_3, timeout);
  check.evidence.push_back("control, TLS 1.2 and 1.3: " + control.words);
  bool all_refused = true;
  for (const tls::Version version : {tls::Version::tls1_1, tls::Version::tls1_0}) {
    const Offer old = offer(endpoint, version, version, timeout);
    check.evidence.push_back(fmt::format("{} alone: {}", tls::version_name(version), old.words));
    if (old.agreed)
      return broken(std::move(check), report::id::kOldProtocol, net::to_string(endpoint),
                    fmt::format("the server speaks {}", tls::version_name(version)));
    all_refused = all_refused && old.refused;
  }
  if (!control.agreed) return inconclusive(std::move(check), "no TLS there: " + control.words);
  if (!all_refused)
    return inconclusive(std::move(check),
                        "it did not work, but the server did not refuse it either");
  return held(std::move(check), "TLS 1.1 and 1.0 are refused, TLS 1.2 or later is spoken");
}

}  // namespace

report::Check downgrade(const Session& session) {
  return downgrade_of(*session.target.broker, session);
}

report::Check downgrade_api(const Session& session) {
  return downgrade_of(*session.target.api, session);
}

}  // namespace wxsec::attack
