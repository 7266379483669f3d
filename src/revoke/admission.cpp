#include "src/revoke/admission.h"

#include <fmt/core.h>

#include "lib/core/bytes.h"
#include "lib/core/clock.h"
#include "lib/core/stop.h"
#include "lib/net/endpoint.h"
#include "lib/proto/http_message.h"
#include "lib/proto/mqtt_packet.h"
#include "lib/tls/probe.h"

namespace wxsec::certs {
namespace {

constexpr std::chrono::milliseconds kAskAgain{100};
constexpr std::chrono::seconds kOneAttempt{5};

bool is_about_our_certificate(tls::Cause cause) {
  switch (cause) {
    case tls::Cause::client_certificate_missing:
    case tls::Cause::client_ca_unknown:
    case tls::Cause::client_certificate_expired:
    case tls::Cause::client_certificate_revoked:
    case tls::Cause::client_certificate_purpose:
    case tls::Cause::client_certificate_refused: return true;
    default: return false;
  }
}

core::Bytes question_for(const net::Endpoint& endpoint) {
  if (endpoint.scheme == net::Scheme::mqtts) {
    proto::MqttConnect connect;
    connect.client_id = "wxsec-admission";
    return proto::encode_mqtt(connect);
  }
  const std::string request = fmt::format(
      "GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", net::host_port(endpoint));
  const core::ByteView bytes = core::as_bytes(request);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string_view admission_text(Admission admission) {
  switch (admission) {
    case Admission::let_in: return "let in";
    case Admission::refused: return "refused";
    case Admission::not_asked: return "does not ask";
  }
  return "";
}

core::Result<AdmissionView> seek_admission(const std::string& url, const tls::Identity& identity,
                                           const std::string& ca_pem,
                                           std::chrono::milliseconds timeout) {
  tls::ClientOptions client;
  client.ca_pem = ca_pem;
  client.identity = identity.clone();
  client.host_name = tls::HostName::accept_any_name;
  const auto context = WXSEC_TRY(tls::ClientContext::create(client));
  tls::ProbeOptions probe;
  probe.target = WXSEC_TRY(net::parse_endpoint(url, 0));
  probe.timeout = timeout;
  probe.ping = question_for(probe.target);
  const tls::ProbeResult seen = tls::probe(probe, context);
  if (is_about_our_certificate(seen.failure.cause))
    return AdmissionView{Admission::refused,
                         seen.failure.cause == tls::Cause::client_certificate_revoked,
                         fmt::format("refused: {}", tls::cause_sentence(seen.failure.cause))};
  if (seen.failure) return core::fail(tls::to_error(seen.failure, url));
  if (!seen.peer.asked_for_certificate.value_or(false))
    return AdmissionView{Admission::not_asked, false, "does not ask for a certificate"};
  return AdmissionView{Admission::let_in, false, "let in"};
}

core::Result<AdmissionView> await_admission(const Service& service, Admission wanted,
                                            const tls::Identity& identity,
                                            const std::string& ca_pem,
                                            std::chrono::milliseconds within,
                                            const std::stop_token& stop) {
  const auto deadline = core::Deadline::in(within);
  for (;;) {
    auto seen = seek_admission(service.url, identity, ca_pem, kOneAttempt);
    if (seen && (seen->admission == wanted || seen->admission == Admission::not_asked)) return seen;
    if (!deadline.passed() && core::sleep_unless_stopped(stop, kAskAgain)) continue;
    if (stop.stop_requested())
      return core::fail(core::Code::interrupted, "interrupted before the proof");
    if (!seen) return seen;
    return core::fail(core::Code::tls, fmt::format("{}: {}", service.url, seen->words));
  }
}

}  // namespace wxsec::certs
