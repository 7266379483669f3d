// Where to listen: an ACME server on this machine comes over loopback, so nothing else is opened; a
// public one comes from several places on the internet, so all addresses are. What is open there
// answers nothing but the tokens of challenges under way, and only while they are.
#include "src/acme/responder.h"

#include <fmt/core.h>

#include <array>
#include <optional>

#include "lib/core/escape.h"

namespace wxsec::acme {
namespace {

constexpr std::array<std::string_view, 2> kKinds{"http-01", "tls-alpn-01"};

std::vector<net::Endpoint> listening_on(const ResponderOptions& options) {
  std::vector<std::string> hosts{options.address};
  if (options.address.empty())
    hosts = options.local_server ? std::vector<std::string>{"127.0.0.1", "::1"}
                                 : std::vector<std::string>{"::", "0.0.0.0"};
  std::vector<net::Endpoint> out;
  for (const std::string& host : hosts) out.push_back({net::Scheme::none, host, options.port, {}});
  return out;
}

}  // namespace

core::Result<void> listen_on_all(std::vector<net::Endpoint> endpoints, const ListenOn& listen) {
  std::optional<std::uint16_t> port;
  std::optional<core::Error> first;
  for (net::Endpoint& endpoint : endpoints) {
    if (port) endpoint.port = *port;
    const auto bound = listen(endpoint);
    if (bound) {
      port = bound->port;
      continue;
    }
    if (!first) first = bound.error();
    // Somebody else has the port: he would get the challenge in our place.
    if (!port && bound.error().code == core::Code::busy) break;
  }
  if (port || !first) return {};
  return core::fail(std::move(*first));
}

std::string_view challenge_text(ChallengeKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

core::Result<ChallengeKind> parse_challenge(std::string_view text) {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds[i] == text) return static_cast<ChallengeKind>(i);
  return core::fail(
      core::Code::usage,
      fmt::format("'{}' is no challenge that we can answer", core::escape_terminal(text)),
      "http-01 or tls-alpn-01; for dns-01 use certbot with your DNS provider's plugin");
}

core::Result<std::unique_ptr<Responder>> start_responder(const ResponderOptions& options) {
  if (options.kind == ChallengeKind::tls_alpn_01) {
    if (!options.webroot.empty())
      return core::fail(core::Code::usage, "a web root answers http-01 only");
    return start_alpn_responder(listening_on(options), options.note);
  }
  if (!options.webroot.empty()) return open_webroot(options.webroot);
  return start_http_responder(listening_on(options), options.note);
}

}  // namespace wxsec::acme
