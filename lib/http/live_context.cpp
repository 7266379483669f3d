// Replacing the certificate of an SSL_CTX that is in use fails a few handshakes in a hundred: one
// that starts between the new certificate and the new key sees a pair that does not match; and an
// authority, once trusted by it, cannot be taken out of it again. So a context is never changed.
// Certificate, key, clients' authorities and revocation lists are built into a new one together;
// connections that begin from then on are made with it, and those that had begun keep theirs.
#include "lib/http/live_context.h"

namespace wxsec::http {

core::Result<void> LiveContext::replace(tls::ServerOptions options) {
  auto made = WXSEC_TRY(tls::ServerContext::create(options));
  const std::scoped_lock lock(mutex_);
  options_ = std::move(options);
  current_ = Moment{std::move(made), current_ ? current_->generation + 1 : 1};
  return {};
}

core::Result<void> LiveContext::replace(const tls::Identity& identity) {
  tls::ServerOptions options;
  {
    const std::scoped_lock lock(mutex_);
    options = options_.clone();
  }
  options.identity = identity.clone();
  return replace(std::move(options));
}

std::optional<LiveContext::Moment> LiveContext::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

std::string LiveContext::serial() const {
  const std::scoped_lock lock(mutex_);
  return current_ ? current_->context.serial() : std::string();
}

}  // namespace wxsec::http
