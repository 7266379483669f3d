#include "src/look/endpoint.h"

#include <fmt/core.h>

#include "lib/core/escape.h"
#include "lib/tls/context.h"
#include "lib/tls/probe.h"
#include "src/certs/layout.h"
#include "src/look/examine.h"

namespace wxsec::certs {
namespace {

constexpr std::size_t kMaxTrustFile = 4 * 1024 * 1024;
constexpr std::uint16_t kHttpsPort = 443;

pki::Reason reason_of(tls::Cause cause) {
  switch (cause) {
    case tls::Cause::wrong_ca: return pki::Reason::unknown_issuer;
    case tls::Cause::self_signed: return pki::Reason::self_signed;
    case tls::Cause::expired: return pki::Reason::expired;
    case tls::Cause::not_yet_valid: return pki::Reason::not_yet_valid;
    case tls::Cause::wrong_host_name: return pki::Reason::wrong_host_name;
    case tls::Cause::revoked: return pki::Reason::revoked;
    case tls::Cause::no_revocation_list: return pki::Reason::revocation_unknown;
    case tls::Cause::wrong_purpose: return pki::Reason::wrong_purpose;
    case tls::Cause::forbidden_name: return pki::Reason::name_not_permitted;
    case tls::Cause::weak_certificate: return pki::Reason::weak_key;
    case tls::Cause::bad_signature: return pki::Reason::bad_signature;
    case tls::Cause::invalid_certificate: return pki::Reason::malformed;
    default: return pki::Reason::valid;  // not about the certificate
  }
}

core::Result<net::Endpoint> parse(const std::string& url) {
  net::Endpoint endpoint = WXSEC_TRY(net::parse_endpoint(url, kHttpsPort));
  if (endpoint.tls() || endpoint.scheme == net::Scheme::none) return endpoint;
  return core::fail(core::Code::usage,
                    fmt::format("{} is plaintext: no certificate is shown there", url),
                    "use mqtts:// or https://");
}

core::Result<tls::ProbeResult> shake_hands(const net::Endpoint& endpoint,
                                           std::chrono::milliseconds timeout,
                                           const std::optional<std::string>& ca_pem,
                                           std::optional<core::Instant> at) {
  tls::ClientOptions client;
  client.policy = tls::everything_for_a_lesson();  // an old server's certificate counts as well
  client.ca_pem = ca_pem;
  client.trust = tls::Trust::accept_any_certificate;
  client.verify_at = at;
  const auto context = WXSEC_TRY(tls::ClientContext::create(client));
  tls::ProbeOptions probe;
  probe.target = endpoint;
  probe.timeout = timeout;
  probe.alert_wait = std::chrono::milliseconds(0);  // we show none, so we wait for no objection
  return tls::probe(probe, context);
}

core::Result<std::optional<std::string>> anchors(const EndpointOptions& options) {
  if (!options.ca.empty())
    return std::optional(WXSEC_TRY(core::read_file(options.ca, kMaxTrustFile)));
  const core::Path own = Layout(options.dir).ca();
  if (options.dir.empty() || !core::path_exists(own)) return std::optional<std::string>();
  return std::optional(WXSEC_TRY(core::read_file(own, kMaxTrustFile)));
}

// The handshake has judged names, dates and the way to a root, but not what a client on this
// machine refuses besides: who was revoked, and what is weak.
void judge_again(const Trust& trust, core::Instant now, EndpointView& view) {
  if (view.reason != pki::Reason::valid) return;
  const pki::Verdict verdict = judge(view.chain, trust, std::nullopt, now);
  view.revocation_unknown = !trust.has_list_for(view.chain.front());
  if (verdict.valid()) return;
  view.reason = verdict.reason;
  view.sentence = verdict.sentence;
  view.hint = verdict.hint;
}

void fill_judgement(const tls::ProbeResult& seen, EndpointView& view) {
  for (const tls::Problem& problem : seen.failure.problems) {
    if (reason_of(problem.cause) == pki::Reason::valid) continue;
    view.reason = reason_of(problem.cause);
    view.sentence = problem.sentence;
    view.hint = problem.hint;
    return;
  }
}

}  // namespace

bool is_url(std::string_view target) { return target.find("://") != std::string_view::npos; }

core::Result<EndpointView> look_at(const EndpointOptions& options, const core::Clock& clock) {
  EndpointView view;
  view.endpoint = WXSEC_TRY(parse(options.url));
  const auto ca_pem = WXSEC_TRY(anchors(options));
  auto seen = WXSEC_TRY(shake_hands(view.endpoint, options.timeout, ca_pem, clock.now()));
  const bool stranger = reason_of(seen.failure.cause) == pki::Reason::unknown_issuer;
  if (ca_pem && options.ca.empty() && stranger)  // perhaps a public one, such as Let's Encrypt's
    seen = WXSEC_TRY(shake_hands(view.endpoint, options.timeout, std::nullopt, clock.now()));
  if (seen.peer.chain.empty())
    return core::fail(tls::to_error(seen.failure, net::to_string(view.endpoint)));
  view.address = seen.address;
  view.chain = seen.peer.chain;
  if (seen.peer.version) view.protocol = tls::version_name(*seen.peer.version);
  view.cipher = seen.peer.cipher;
  view.group = seen.peer.group;
  view.asks_for_certificate = seen.peer.asked_for_certificate.value_or(false);
  fill_judgement(seen, view);
  judge_again(WXSEC_TRY(load_trust(options.ca, options.dir)), clock.now(), view);
  return view;
}

core::Result<std::string> served_serial(const std::string& url, std::chrono::milliseconds timeout) {
  const net::Endpoint endpoint = WXSEC_TRY(parse(url));
  const auto seen = WXSEC_TRY(shake_hands(endpoint, timeout, std::nullopt, std::nullopt));
  if (seen.peer.chain.empty())
    return core::fail(tls::to_error(seen.failure, net::to_string(endpoint)));
  return seen.peer.chain.front().serial;
}

}  // namespace wxsec::certs
