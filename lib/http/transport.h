// Bytes in and out of a non-blocking socket, with TLS around them or without. Internal to lib/http.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "lib/core/fd.h"
#include "lib/http/message.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/tls/context.h"
#include "lib/tls/socket_bio.h"

namespace wxsec::http {

class Transport {
 public:
  // Without a context: plaintext.
  Transport(core::Fd socket, std::optional<tls::ServerContext> context);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  enum class Io { done, wait_read, wait_write, closed };
  struct Result {
    Io state = Io::closed;
    std::size_t count = 0;  // with `done`
  };

  // The server's side of the TLS handshake; done at once without TLS.
  Io handshake();
  Result read(std::span<char> into);
  Result write(std::string_view bytes);
  // Says goodbye in TLS, and to TCP that nothing more will come; reading goes on.
  void finish_writing();

  // TLS holds bytes that the socket no longer has: epoll cannot know of them.
  bool has_pending() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }
  // Before the handshake: the first byte that came is none of TLS.
  bool peer_speaks_plaintext() const;
  // From now on this speaks plaintext too.
  void give_up_tls() { ssl_.reset(); }
  bool encrypted() const { return ssl_ != nullptr; }
  // Whether `context` would let this client in, as of now.
  bool acceptable_to(const tls::ServerContext& context) const {
    return !ssl_ || context.would_accept(ssl_.get());
  }
  // Adds to `sender` what TLS says about the peer.
  void describe(Sender& sender) const;
  int fd() const { return socket_.get(); }

 private:
  Result outcome_of(int returned) const;

  core::Fd socket_;
  std::optional<tls::ServerContext> context_;  // OpenSSL's callbacks point into it
  tls::Wire wire_;
  pki::Handle<SSL, SSL_free> ssl_;
};

}  // namespace wxsec::http
