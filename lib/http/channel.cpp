#include "lib/http/channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/net/dial.h"

namespace wxsec::http {

using core::Deadline;
using core::fail;
using core::Result;

core::Failure PlainChannel::note(tls::Cause cause, std::string detail) {
  failure_.cause = cause;
  failure_.detail = std::move(detail);
  return fail(tls::to_error(failure_, net::peer_address(socket_.get())));
}

Result<void> PlainChannel::write(core::ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    if (!net::wait_ready(socket_.get(), net::Direction::write, deadline)) {
      return note(tls::Cause::timeout, "while sending the request");
    }
    const ssize_t n =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      return note(tls::Cause::lost, std::strerror(errno));
    }
    if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::size_t> PlainChannel::read(std::span<std::uint8_t> into, Deadline deadline) {
  for (;;) {
    if (!net::wait_ready(socket_.get(), net::Direction::read, deadline)) {
      return note(tls::Cause::timeout, "while waiting for the response");
    }
    const ssize_t n = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EAGAIN && errno != EINTR) return note(tls::Cause::lost, std::strerror(errno));
  }
}

}  // namespace wxsec::http
