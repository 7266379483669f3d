// What one side brings to a handshake: its policy, whom it trusts, its own certificate. Made once,
// shared by any number of connections and threads; copies share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/clock.h"
#include "lib/core/file.h"
#include "lib/core/result.h"
#include "lib/core/secret.h"
#include "lib/tls/policy.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX and SSL, for lib/tls and lib/http alone
struct ssl_st;

namespace wxsec::tls {

// Our own certificate with its chain, and its private key.
struct Identity {
  std::string chain_pem;  // leaf first, then intermediates
  core::Secret key_pem;
  std::string source;           // what messages call it: a file or a name
  std::string key_source = {};  // the same for its key; "": as `source`

  Identity clone() const { return {chain_pem, key_pem.clone(), source, key_source}; }
};

// Reads fullchain.pem and privkey.pem (at most 1 MiB each). Fails: not_found, permission (the hint
// names the owner's remedy), io, too_large. Content is judged by the context that takes it.
core::Result<Identity> read_identity(const core::Path& chain_file, const core::Path& key_file);

// What to do with a peer's certificate that does not hold. Named for what it loses.
enum class Trust {
  verify,                  // end the handshake with the right alert
  accept_any_certificate,  // go on; the objections are recorded in Failure::problems all the same
};

// Whether the name that was dialled must be in the certificate.
enum class HostName { required, accept_any_name };

// Gets each NSS key log line ("CLIENT_RANDOM ..."), without newline, from any thread.
using KeyLog = std::function<void(std::string_view line)>;

// Appends to a file (created 0600, O_APPEND, one write per line). Fails: permission, io.
core::Result<KeyLog> keylog_to_file(const core::Path& path);
// To the file that $SSLKEYLOGFILE names; an empty function where it is not set.
core::Result<KeyLog> keylog_from_environment();

struct ClientOptions {
  Policy policy = intermediate();
  // Trust anchors; nothing: the system's store; "" with accept_any_certificate: none at all.
  std::optional<std::string> ca_pem = {};
  std::string crl_pem = {};  // not empty: the peer's certificate is checked against these lists
  std::optional<Identity> identity = {};  // for mutual TLS
  Trust trust = Trust::verify;
  HostName host_name = HostName::required;
  std::vector<std::string> alpn = {};           // offered, best first
  std::optional<core::Instant> verify_at = {};  // judge validity as of then; nothing: now
  KeyLog keylog = {};
};

class ClientContext {
 public:
  // Fails: malformed (no certificate in a PEM text), crypto (key does not match, key below the
  // security level, passphrase needed).
  static core::Result<ClientContext> create(const ClientOptions& options);

  Trust trust() const;
  HostName host_name() const;
  bool has_identity() const;
  ssl_ctx_st* native() const;
  // What a connection must hold on to for as long as it lives.
  std::shared_ptr<const void> shared() const { return state_; }

  struct State;

 private:
  explicit ClientContext(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

enum class ClientAuth {
  none,
  request,  // a client may show one; one that does not verify is refused all the same
  require,
};

struct ServerOptions {
  Policy policy = intermediate();
  Identity identity = {};
  ClientAuth client_auth = ClientAuth::none;
  std::string client_ca_pem = {};  // needed unless client_auth is none
  std::string client_crl_pem = {};
  std::vector<std::string> alpn = {};  // accepted; a client that offers only others is refused
  KeyLog keylog = {};

  ServerOptions clone() const;
};

class ServerContext {
 public:
  // Fails as ClientContext::create, and with usage where client_auth has no CA.
  static core::Result<ServerContext> create(const ServerOptions& options);

  // Of the certificate that it shows, lower case hexadecimal.
  const std::string& serial() const;
  // Whether the client of an established connection, made with this context or another one, would
  // be let in by this one now: its authority may have been dropped meanwhile, or its certificate
  // revoked. Always true where clients are not asked.
  bool would_accept(ssl_st* connection) const;
  ssl_ctx_st* native() const;
  // What a connection must hold on to for as long as it lives.
  std::shared_ptr<const void> shared() const { return state_; }

  struct State;

 private:
  explicit ServerContext(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace wxsec::tls
