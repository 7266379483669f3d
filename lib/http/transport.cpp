#include "lib/http/transport.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "lib/tls/policy.h"

namespace wxsec::http {
namespace {

using Io = Transport::Io;

Transport::Result plain_outcome(ssize_t n, Io wait) {
  if (n > 0) return {Io::done, static_cast<std::size_t>(n)};
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {wait, 0};
  return {Io::closed, 0};
}

int size_for_openssl(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, 1U << 30));
}

}  // namespace

Transport::Transport(core::Fd socket, std::optional<tls::ServerContext> context)
    : socket_(std::move(socket)), context_(std::move(context)) {
  wire_.fd = socket_.get();
  if (!context_) return;
  ssl_.reset(SSL_new(context_->native()));
  if (!ssl_) std::abort();  // out of memory
  BIO* bio = tls::new_socket_bio(wire_);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

Transport::Result Transport::outcome_of(int returned) const {
  if (returned > 0) return {Io::done, static_cast<std::size_t>(returned)};
  const int reason = SSL_get_error(ssl_.get(), returned);
  if (reason == SSL_ERROR_WANT_READ) return {Io::wait_read, 0};
  if (reason == SSL_ERROR_WANT_WRITE) return {Io::wait_write, 0};
  return {Io::closed, 0};
}

// The queue must be empty before a call, or SSL_get_error blames it for somebody else's error.
Io Transport::handshake() {
  ERR_clear_error();
  return ssl_ ? outcome_of(SSL_do_handshake(ssl_.get())).state : Io::done;
}

Transport::Result Transport::read(std::span<char> into) {
  ERR_clear_error();
  if (ssl_) return outcome_of(SSL_read(ssl_.get(), into.data(), size_for_openssl(into.size())));
  return plain_outcome(::recv(fd(), into.data(), into.size(), 0), Io::wait_read);
}

Transport::Result Transport::write(std::string_view bytes) {
  ERR_clear_error();
  if (ssl_) return outcome_of(SSL_write(ssl_.get(), bytes.data(), size_for_openssl(bytes.size())));
  return plain_outcome(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), Io::wait_write);
}

void Transport::finish_writing() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ::shutdown(fd(), SHUT_WR);
}

bool Transport::peer_speaks_plaintext() const {
  constexpr std::uint8_t kHandshakeRecord = 0x16;
  std::uint8_t first = kHandshakeRecord;
  return ssl_ && wire_.received == 0 && ::recv(fd(), &first, 1, MSG_PEEK) == 1 &&
         first != kHandshakeRecord;
}

void Transport::describe(Sender& sender) const {
  if (!ssl_) return;
  sender.secure = true;
  if (const auto version = tls::version_from_wire(SSL_version(ssl_.get()))) {
    sender.protocol = tls::version_name(*version);
  }
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get())) {
    if (const char* name = SSL_CIPHER_standard_name(cipher)) sender.cipher = name;
  }
  // Without a verified one the handshake would not have succeeded.
  if (X509* shown = SSL_get0_peer_certificate(ssl_.get())) {
    const pki::Certificate certificate = pki::view_of(shown);
    sender.client_name = certificate.common_name;
    sender.client_serial = certificate.serial;
  }
}

}  // namespace wxsec::http
