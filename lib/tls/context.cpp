// An SSL_CTX for each side, from options. Both are built in the same order: versions and suites,
// whom to trust, what to show, what to write down. Everything that can be wrong with a file is
// found here, before the first connection.
#include "lib/tls/context.h"

#include <fmt/core.h>
#include <openssl/ssl.h>

#include "lib/pki/crl.h"
#include "lib/tls/identity.h"
#include "lib/tls/session.h"

namespace wxsec::tls {
namespace {

using core::Code;
using core::fail;
using core::Result;

int wire_version(Version version) {
  switch (version) {
    case Version::tls1_0: return TLS1_VERSION;
    case Version::tls1_1: return TLS1_1_VERSION;
    case Version::tls1_2: return TLS1_2_VERSION;
    case Version::tls1_3: return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

// The wire format of RFC 7301 3.1: each name after its length.
std::string alpn_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += static_cast<char>(name.size());
    list += name;
  }
  return list;
}

}  // namespace

// Shared by the context's copies and by every connection made with it: OpenSSL's callbacks hold
// plain pointers into it.
struct ContextCore {
  SslCtxPtr ssl;
  Judge judge;
  KeyLog keylog;
  std::string alpn;
};

struct ClientContext::State : ContextCore {
  HostName host_name = HostName::required;
  bool has_identity = false;
};

struct ServerContext::State : ContextCore {
  std::string serial;
  ClientAuth client_auth = ClientAuth::none;
};

namespace {

Result<void> apply_policy(SSL_CTX* ssl, const Policy& policy) {
  SSL_CTX_set_security_level(ssl, policy.security_level);
  SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  const bool taken = SSL_CTX_set_min_proto_version(ssl, wire_version(policy.floor)) == 1 &&
                     SSL_CTX_set_max_proto_version(ssl, wire_version(policy.ceiling)) == 1 &&
                     SSL_CTX_set_cipher_list(ssl, policy.ciphers.c_str()) == 1 &&
                     SSL_CTX_set_ciphersuites(ssl, policy.suites.c_str()) == 1 &&
                     SSL_CTX_set1_groups_list(ssl, policy.groups.c_str()) == 1;
  if (taken) return {};
  return fail(pki::openssl_error(Code::unsupported, "this OpenSSL cannot do the TLS policy"));
}

Result<void> add_trust(SSL_CTX* ssl, const std::string& ca_pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(ssl);
  auto anchors = pki::parse_certificates(ca_pem);
  if (!anchors) return fail(core::with_context(std::move(anchors).error(), "trusted CA"));
  for (const pki::Certificate& anchor : *anchors) {
    const pki::X509Ptr certificate = WXSEC_TRY(pki::to_x509(anchor));
    X509_STORE_add_cert(store, certificate.get());
  }
  return {};
}

Result<void> add_revocations(SSL_CTX* ssl, const std::string& crl_pem) {
  if (crl_pem.empty()) return {};
  X509_STORE* store = SSL_CTX_get_cert_store(ssl);
  auto lists = pki::parse_crls(crl_pem);
  if (!lists) return fail(core::with_context(std::move(lists).error(), "revocation list"));
  for (const pki::Crl& list : *lists) {
    const unsigned char* der = list.der.data();
    const pki::X509CrlPtr crl(d2i_X509_CRL(nullptr, &der, static_cast<long>(list.der.size())));
    if (!crl) return fail(pki::openssl_error(Code::malformed, "cannot read the revocation list"));
    X509_STORE_add_crl(store, crl.get());
  }
  // Of the peer's own certificate; mosquitto's crlfile means the same.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl), X509_V_FLAG_CRL_CHECK);
  return {};
}

// Returns the certificate's serial number.
Result<std::string> use_identity(SSL_CTX* ssl, const Identity& identity) {
  const LoadedIdentity loaded = WXSEC_TRY(load_identity(identity));
  if (SSL_CTX_use_cert_and_key(ssl, loaded.leaf.get(), native(loaded.key), loaded.chain.get(), 1) ==
      1) {
    return loaded.certificate.serial;
  }
  return fail(refused_identity(identity));
}

void log_key(const SSL* ssl, const char* line) {
  const auto* shared = static_cast<const ContextCore*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (shared != nullptr && shared->keylog) shared->keylog(line);
}

void write_down(ContextCore& shared) {
  SSL_CTX_set_app_data(shared.ssl.get(), &shared);
  install_callbacks(shared.ssl.get(), shared.judge);
  if (shared.keylog) SSL_CTX_set_keylog_callback(shared.ssl.get(), log_key);
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void* argument) {
  const auto& ours = *static_cast<const std::string*>(argument);
  unsigned char* chosen = nullptr;
  const int outcome =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned int>(ours.size()), in, in_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// A session that is resumed is not verified again, so a client revoked meanwhile would stay in.
void forbid_resumption(SSL_CTX* ssl) {
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(ssl, 0);
}

Result<void> demand_client_certificates(SSL_CTX* ssl, const ServerOptions& options) {
  if (options.client_auth == ClientAuth::none) return {};
  if (options.client_ca_pem.empty()) {
    return fail(Code::usage, "client certificates are demanded, but no CA for them is given",
                "give the CA that issues the clients' certificates");
  }
  WXSEC_TRY(add_trust(ssl, options.client_ca_pem));
  WXSEC_TRY(add_revocations(ssl, options.client_crl_pem));
  for (const pki::Certificate& ca : WXSEC_TRY(pki::parse_certificates(options.client_ca_pem))) {
    const pki::X509Ptr certificate = WXSEC_TRY(pki::to_x509(ca));
    SSL_CTX_add_client_CA(ssl, certificate.get());
  }
  const int strictness =
      options.client_auth == ClientAuth::require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | strictness, nullptr);
  forbid_resumption(ssl);
  return {};
}

}  // namespace

// Those that the caller names, the system's, or none where nothing will be refused anyway.
static Result<void> add_anchors(SSL_CTX* ssl, const ClientOptions& options) {
  if (!options.ca_pem) {
    SSL_CTX_set_default_verify_paths(ssl);
    return {};
  }
  if (options.ca_pem->empty() && options.trust == Trust::accept_any_certificate) return {};
  return add_trust(ssl, *options.ca_pem);
}

Result<ClientContext> ClientContext::create(const ClientOptions& options) {
  auto state = std::make_shared<State>();
  state->ssl.reset(SSL_CTX_new(TLS_client_method()));
  if (!state->ssl) return fail(pki::openssl_error(Code::internal, "cannot start TLS"));
  SSL_CTX* ssl = state->ssl.get();
  state->judge = {options.trust, options.verify_at};
  state->keylog = options.keylog;
  state->host_name = options.host_name;
  state->has_identity = options.identity.has_value();
  WXSEC_TRY(apply_policy(ssl, options.policy));
  WXSEC_TRY(add_anchors(ssl, options));
  WXSEC_TRY(add_revocations(ssl, options.crl_pem));
  if (options.identity) static_cast<void>(WXSEC_TRY(use_identity(ssl, *options.identity)));
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  state->alpn = alpn_list(options.alpn);
  SSL_CTX_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(state->alpn.data()),
                          static_cast<unsigned int>(state->alpn.size()));
  write_down(*state);
  install_client_callbacks(ssl);
  return ClientContext(std::move(state));
}

Trust ClientContext::trust() const { return state_->judge.trust; }
HostName ClientContext::host_name() const { return state_->host_name; }
bool ClientContext::has_identity() const { return state_->has_identity; }
ssl_ctx_st* ClientContext::native() const { return state_->ssl.get(); }

Result<ServerContext> ServerContext::create(const ServerOptions& options) {
  auto state = std::make_shared<State>();
  state->ssl.reset(SSL_CTX_new(TLS_server_method()));
  if (!state->ssl) return fail(pki::openssl_error(Code::internal, "cannot start TLS"));
  SSL_CTX* ssl = state->ssl.get();
  state->keylog = options.keylog;
  SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  WXSEC_TRY(apply_policy(ssl, options.policy));
  state->serial = WXSEC_TRY(use_identity(ssl, options.identity));
  state->client_auth = options.client_auth;
  WXSEC_TRY(demand_client_certificates(ssl, options));
  state->alpn = alpn_list(options.alpn);
  if (!state->alpn.empty()) SSL_CTX_set_alpn_select_cb(ssl, choose_alpn, &state->alpn);
  write_down(*state);
  return ServerContext(std::move(state));
}

ssl_ctx_st* ServerContext::native() const { return state_->ssl.get(); }
const std::string& ServerContext::serial() const { return state_->serial; }

bool ServerContext::would_accept(ssl_st* connection) const {
  if (state_->client_auth == ClientAuth::none) return true;
  X509* const shown = SSL_get0_peer_certificate(connection);
  if (shown == nullptr) return state_->client_auth == ClientAuth::request;
  const pki::X509StoreCtxPtr verification(X509_STORE_CTX_new());
  if (!verification ||
      X509_STORE_CTX_init(verification.get(), SSL_CTX_get_cert_store(state_->ssl.get()), shown,
                          SSL_get_peer_cert_chain(connection)) != 1) {
    return false;
  }
  X509_STORE_CTX_set_default(verification.get(), "ssl_client");
  X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(verification.get()),
                         SSL_CTX_get0_param(state_->ssl.get()));
  const bool accepted = X509_verify_cert(verification.get()) == 1;
  pki::drain_errors();
  return accepted;
}

ServerOptions ServerOptions::clone() const {
  return {policy, identity.clone(), client_auth, client_ca_pem, client_crl_pem, alpn, keylog};
}

}  // namespace wxsec::tls
