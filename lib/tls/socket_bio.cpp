#include "lib/tls/socket_bio.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace wxsec::tls {
namespace {

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

bool would_block(int reason) { return reason == EAGAIN || reason == EINTR; }

int read_from(BIO* bio, char* into, int size) {
  Wire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::recv(wire.fd, into, static_cast<std::size_t>(size), 0);
  if (n > 0) {
    for (ssize_t i = 0; i < n && wire.received + static_cast<std::uint64_t>(i) < wire.first.size();
         ++i) {
      wire.first[wire.received + static_cast<std::uint64_t>(i)] =
          static_cast<std::uint8_t>(into[i]);
    }
    wire.received += static_cast<std::uint64_t>(n);
    return static_cast<int>(n);
  }
  if (n == 0) {
    wire.eof = true;
    return 0;
  }
  wire.last_errno = errno;
  if (would_block(errno)) BIO_set_retry_read(bio);
  return -1;
}

int write_to(BIO* bio, const char* from, int size) {
  Wire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(wire.fd, from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (n >= 0) {
    wire.sent += static_cast<std::uint64_t>(n);
    return static_cast<int>(n);
  }
  wire.last_errno = errno;
  if (would_block(errno)) BIO_set_retry_write(bio);
  return -1;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return wire_of(bio).eof ? 1 : 0;
  return 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wxsec socket");
  if (method == nullptr) std::abort();
  BIO_meth_set_read(method, read_from);
  BIO_meth_set_write(method, write_to);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BIO* new_socket_bio(Wire& wire) {
  static BIO_METHOD* const method = make_method();  // constant, lives as long as the program
  BIO* bio = BIO_new(method);
  if (bio == nullptr) std::abort();
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

bool looks_like_tls(core::ByteView first) {
  if (first.empty()) return true;
  if (first[0] < 20 || first[0] > 23) return false;  // change_cipher_spec ... application_data
  return first.size() < 2 || first[1] == 3;          // legacy_record_version 3.x
}

}  // namespace wxsec::tls
