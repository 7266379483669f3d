// What OpenSSL's callbacks write down about one connection, and how a failed call is turned into a
// Failure. For lib/tls and lib/http only.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <vector>

#include "lib/core/clock.h"
#include "lib/pki/certificate.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/tls/alert.h"
#include "lib/tls/context.h"
#include "lib/tls/failure.h"
#include "lib/tls/peer.h"
#include "lib/tls/socket_bio.h"

namespace wxsec::tls {

using SslPtr = pki::Handle<SSL, SSL_free>;
using SslCtxPtr = pki::Handle<SSL_CTX, SSL_CTX_free>;

struct Session {
  Side side = Side::client;
  std::string host = {};  // that was dialled; empty on the server's side
  bool has_identity = false;
  // Written by the callbacks:
  std::vector<Problem> problems = {};
  std::vector<pki::Certificate> chain = {};  // as the peer sent it
  std::optional<Alert> alert = {};           // fatal, received
  bool verified = false;                     // the verification was run
  bool asked_for_certificate = false;
  std::vector<std::string> accepted_issuers = {};
  bool got_ticket = false;  // TLS 1.3: the server has accepted all that we sent
};

// Ties `session` to `ssl`; it must outlive it. A connection without one works all the same.
void attach(SSL* ssl, Session& session);
Session* session_of(const SSL* ssl);

// How a context judges its peers. Must outlive the context's connections.
struct Judge {
  Trust trust = Trust::verify;
  std::optional<core::Instant> at = {};
};

// Has `context` record all objections and alerts in its sessions; a client's also the server's
// requests and tickets.
void install_callbacks(SSL_CTX* context, const Judge& judge);
void install_client_callbacks(SSL_CTX* context);

// As much as is known by now.
Peer peer_of(const SSL* ssl, const Session& session, bool finished);

// Why the last call on `ssl` failed with `ssl_error` (SSL_get_error's). Empties the error queue.
enum class Phase { handshake, established };
Failure diagnose(const Session& session, const Wire& wire, int ssl_error, Phase phase);

}  // namespace wxsec::tls
