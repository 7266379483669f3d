// The certificate that a running server shows, replaceable between two handshakes. Internal to
// lib/http.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "lib/core/result.h"
#include "lib/tls/identity.h"

namespace wxsec::http {

class LiveCertificate {
 public:
  // From here on every handshake of `context` shows what this holds; both must outlive its
  // connections.
  explicit LiveCertificate(SSL_CTX* context);
  LiveCertificate(const LiveCertificate&) = delete;
  LiveCertificate& operator=(const LiveCertificate&) = delete;

  // Takes the pair, or refuses it and keeps the old one. Fails: malformed, crypto. Thread-safe.
  core::Result<void> replace(const tls::Identity& identity);
  std::string serial() const;

 private:
  using Bundle = std::shared_ptr<const tls::LoadedIdentity>;
  Bundle current() const;
  static int choose(SSL* ssl, void* self);

  SSL_CTX* context_;
  mutable std::mutex mutex_;
  Bundle bundle_;
};

}  // namespace wxsec::http
