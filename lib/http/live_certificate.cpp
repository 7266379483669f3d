// Replacing the certificate of an SSL_CTX that is in use fails a few handshakes in a hundred: one
// that starts between the new certificate and the new key sees a pair that does not match. So the
// context is left alone. Each handshake asks, as its first step, for the pair of the moment, and
// gets certificate, chain and key together.
#include "lib/http/live_certificate.h"

namespace wxsec::http {
namespace {

// A connection starts with the context's pair, and one of another kind of key would be put beside
// it, not in its place.
bool use(SSL* ssl, const tls::LoadedIdentity& bundle) {
  SSL_certs_clear(ssl);
  return SSL_use_cert_and_key(ssl, bundle.leaf.get(), bundle.key.native(), bundle.chain.get(), 1) ==
         1;
}

}  // namespace

LiveCertificate::LiveCertificate(SSL_CTX* context) : context_(context) {
  SSL_CTX_set_cert_cb(context, choose, this);
}

core::Result<void> LiveCertificate::replace(const tls::Identity& identity) {
  auto bundle = std::make_shared<tls::LoadedIdentity>(WXSEC_TRY(tls::load_identity(identity)));
  // Tried on a connection that will never be: the security level may object to the key.
  const pki::Handle<SSL, SSL_free> trial(SSL_new(context_));
  if (!trial || !use(trial.get(), *bundle)) return core::fail(tls::refused_identity(identity));
  const std::scoped_lock lock(mutex_);
  bundle_ = std::move(bundle);
  return {};
}

std::string LiveCertificate::serial() const {
  const Bundle bundle = current();
  return bundle ? bundle->certificate.serial : std::string();
}

LiveCertificate::Bundle LiveCertificate::current() const {
  const std::scoped_lock lock(mutex_);
  return bundle_;
}

int LiveCertificate::choose(SSL* ssl, void* self) {
  const Bundle bundle = static_cast<LiveCertificate*>(self)->current();
  return bundle && use(ssl, *bundle) ? 1 : 0;
}

}  // namespace wxsec::http
