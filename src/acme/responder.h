// Who answers the server's challenges: proof that the name leads to this machine. RFC 8555 8,
// RFC 8737.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/net/endpoint.h"

namespace wxsec::acme {

enum class ChallengeKind { http_01, tls_alpn_01 };
// "http-01".
std::string_view challenge_text(ChallengeKind kind);
// Fails with usage.
core::Result<ChallengeKind> parse_challenge(std::string_view text);

struct ResponderOptions {
  ChallengeKind kind = ChallengeKind::http_01;
  core::Path webroot = {};    // http-01 by files for a web server that is there already
  std::string address = {};   // where to listen; empty: loopback for a loopback server, else all
  std::uint16_t port = 80;    // of the listener, 443 for tls-alpn-01
  bool local_server = false;  // the ACME server is on this machine
  std::function<void(std::string_view)> note = {};
};

// Answers from construction to destruction; then listener and files are gone.
class Responder {
 public:
  virtual ~Responder() = default;
  // Makes ready to answer for `name`. `key_authorization` is TOKEN.THUMBPRINT. Fails: io,
  // permission, crypto.
  virtual core::Result<void> prepare(const std::string& name, const std::string& token,
                                     const std::string& key_authorization) = 0;
};

// Listens, or finds the web root. Fails: busy (the port is taken), permission, not_found, usage.
core::Result<std::unique_ptr<Responder>> start_responder(const ResponderOptions& options);

// Listens on each, all with the port of the first that works: IPv6 is welcome where the machine has
// it, and no failure where not. Fails where none works, or the first is taken by somebody else.
using ListenOn = std::function<core::Result<net::Endpoint>(const net::Endpoint&)>;
core::Result<void> listen_on_all(std::vector<net::Endpoint> endpoints, const ListenOn& listen);

// The parts, for start_responder() and tests.
core::Result<std::unique_ptr<Responder>> start_http_responder(
    const std::vector<net::Endpoint>& listen, const std::function<void(std::string_view)>& note);
core::Result<std::unique_ptr<Responder>> open_webroot(const core::Path& webroot);
core::Result<std::unique_ptr<Responder>> start_alpn_responder(
    const std::vector<net::Endpoint>& listen, const std::function<void(std::string_view)>& note);

}  // namespace wxsec::acme
