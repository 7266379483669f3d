// OpenSSL tells what happens in a handshake through callbacks, while it happens; afterwards there
// is one error number. So that a failure can be named exactly, everything is written down as it
// passes:
//
//   verification   every objection, not the first alone, with the chain as the peer sent it. The
//                  handshake is still ended with the right alert before anything of ours is sent,
//                  unless the context says to go on.
//   alerts         the peer's last word about us.
//   certificate    whether we were asked for one: only then can its absence be the cause.
//   tickets        under TLS 1.3 a server sends them once it has accepted our certificate, which
//                  makes them the earliest proof of that.
#include "lib/tls/session.h"

#include <openssl/err.h>

#include <algorithm>

#include "lib/core/clock.h"
#include "lib/pki/verify.h"

namespace wxsec::tls {
namespace {

Cause cause_of(pki::Reason reason) {
  switch (reason) {
    case pki::Reason::valid: return Cause::none;
    case pki::Reason::expired: return Cause::expired;
    case pki::Reason::not_yet_valid: return Cause::not_yet_valid;
    case pki::Reason::wrong_host_name: return Cause::wrong_host_name;
    case pki::Reason::unknown_issuer: return Cause::wrong_ca;
    case pki::Reason::self_signed: return Cause::self_signed;
    case pki::Reason::bad_signature: return Cause::bad_signature;
    case pki::Reason::wrong_purpose:
    case pki::Reason::not_an_authority: return Cause::wrong_purpose;
    case pki::Reason::name_not_permitted: return Cause::forbidden_name;
    case pki::Reason::revoked: return Cause::revoked;
    case pki::Reason::revocation_unknown: return Cause::no_revocation_list;
    case pki::Reason::weak_key:
    case pki::Reason::weak_signature: return Cause::weak_certificate;
    default: return Cause::invalid_certificate;
  }
}

// The chain in the order in which it was sent, leaf first.
std::vector<pki::Certificate> shown_chain(X509_STORE_CTX* store) {
  std::vector<pki::Certificate> chain;
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(sent); ++i) chain.push_back(pki::view_of(sk_X509_value(sent, i)));
  return chain;
}

Session* session_of(X509_STORE_CTX* store) {
  const void* ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  return ssl == nullptr ? nullptr : tls::session_of(static_cast<const SSL*>(ssl));
}

core::Instant judged_at(X509_STORE_CTX* store) {
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(store);
  if ((X509_VERIFY_PARAM_get_flags(param) & X509_V_FLAG_USE_CHECK_TIME) == 0) {
    return core::system_clock().now();
  }
  return core::Instant(std::chrono::seconds(X509_VERIFY_PARAM_get_time(param)));
}

// A chain that ends nowhere makes OpenSSL say three things about one fault.
bool repeats(const std::vector<Problem>& problems, const Problem& next) {
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& known) {
    const bool both_about_issuer =
        (known.cause == Cause::wrong_ca || known.cause == Cause::self_signed) &&
        (next.cause == Cause::wrong_ca || next.cause == Cause::self_signed);
    return both_about_issuer || (known.cause == next.cause && known.depth == next.depth);
  });
}

int record_problem(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return 1;
  Session* session = session_of(store);
  if (session == nullptr) return 0;
  const int depth = X509_STORE_CTX_get_error_depth(store);
  const pki::Verdict verdict = pki::explain_verify_result(
      X509_STORE_CTX_get_error(store), static_cast<std::size_t>(std::max(depth, 0)), session->chain,
      session->host, judged_at(store));
  Problem problem{cause_of(verdict.reason), depth, "", verdict.sentence, verdict.hint};
  if (X509* at_fault = X509_STORE_CTX_get_current_cert(store); at_fault != nullptr) {
    problem.subject = pki::view_of(at_fault).subject;
  }
  if (!repeats(session->problems, problem)) session->problems.push_back(std::move(problem));
  return 1;  // go on: there may be more to say
}

int verify_peer(X509_STORE_CTX* store, void* argument) {
  const auto& judge = *static_cast<const Judge*>(argument);
  Session* session = session_of(store);
  if (session == nullptr) return X509_verify_cert(store);
  session->verified = true;
  session->chain = shown_chain(store);
  session->problems.clear();
  X509_STORE_CTX_set_verify_cb(store, record_problem);
  const int outcome = X509_verify_cert(store);
  if (outcome <= 0 && session->problems.empty()) {
    session->problems.push_back({Cause::invalid_certificate, 0, "", "verification broke off", ""});
  }
  if (session->problems.empty()) return 1;
  return judge.trust == Trust::accept_any_certificate ? 1 : 0;
}

void note_alert(const SSL* ssl, int where, int value) {
  Session* session = tls::session_of(ssl);
  if (session == nullptr || (where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  const int code = value & 0xFF;
  constexpr int kCloseNotify = 0;
  constexpr int kUserCanceled = 90;
  if (code == kCloseNotify || code == kUserCanceled) return;
  session->alert = Alert{code, std::string(alert_name(code))};
}

// Called on the client's side when the server asks for a certificate.
int note_request(SSL* ssl, void*) {
  Session* session = tls::session_of(ssl);
  if (session == nullptr || SSL_is_server(ssl) == 1) return 1;
  session->asked_for_certificate = true;
  session->accepted_issuers.clear();
  const STACK_OF(X509_NAME)* names = SSL_get0_peer_CA_list(ssl);
  for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
    const pki::BioPtr text(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(text.get(), sk_X509_NAME_value(names, i), 0,
                       XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ);
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    session->accepted_issuers.emplace_back(data, static_cast<std::size_t>(size));
  }
  return 1;
}

int note_ticket(SSL* ssl, SSL_SESSION*) {
  if (Session* session = tls::session_of(ssl); session != nullptr) session->got_ticket = true;
  return 0;  // we keep no reference
}

}  // namespace

void attach(SSL* ssl, Session& session) { SSL_set_app_data(ssl, &session); }

Session* session_of(const SSL* ssl) { return static_cast<Session*>(SSL_get_app_data(ssl)); }

void install_callbacks(SSL_CTX* context, const Judge& judge) {
  // OpenSSL hands the pointer back as it got it; verify_peer only reads.
  SSL_CTX_set_cert_verify_callback(context, verify_peer, const_cast<Judge*>(&judge));
  SSL_CTX_set_info_callback(context, note_alert);
  if (judge.at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*judge.at).time_since_epoch();
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context), seconds.count());
  }
}

void install_client_callbacks(SSL_CTX* context) {
  SSL_CTX_set_cert_cb(context, note_request, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, note_ticket);
}

Peer peer_of(const SSL* ssl, const Session& session, bool finished) {
  Peer peer;
  peer.chain = session.chain;
  peer.accepted_issuers = session.accepted_issuers;
  if (session.asked_for_certificate) peer.asked_for_certificate = true;
  if (!finished && !session.verified && !session.asked_for_certificate) return peer;
  peer.version = version_from_wire(SSL_version(ssl));
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl); cipher != nullptr) {
    const char* name = SSL_CIPHER_standard_name(cipher);
    peer.cipher = name == nullptr ? SSL_CIPHER_get_name(cipher) : name;
  }
  if (!finished) return peer;
  if (!peer.asked_for_certificate) peer.asked_for_certificate = false;
  SSL* mutable_ssl = const_cast<SSL*>(ssl);  // a control call that only reads
  if (const long group = SSL_get_negotiated_group(mutable_ssl); group != 0) {
    if (const char* name = SSL_group_to_name(mutable_ssl, static_cast<int>(group)))
      peer.group = name;
  }
  const unsigned char* alpn = nullptr;
  unsigned int alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn != nullptr) peer.alpn = core::as_text({alpn, alpn_size});
  peer.session_reused = SSL_session_reused(mutable_ssl) == 1;
  return peer;
}

}  // namespace wxsec::tls
