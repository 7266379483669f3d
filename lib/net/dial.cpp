#include "lib/net/dial.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/net/socket_address.h"

namespace wxsec::net {
namespace {

using core::Code;
using core::Deadline;
using core::fail;
using core::Fd;
using core::Result;

core::Error connect_error(const Endpoint& endpoint, int reason) {
  const std::string where = host_port(endpoint);
  if (reason == ECONNREFUSED) {
    return {Code::refused, fmt::format("cannot connect to {}: connection refused", where),
            fmt::format("nothing listens on port {}: is the server running there?", endpoint.port)};
  }
  if (reason == ETIMEDOUT) {
    return {Code::timeout, fmt::format("cannot connect to {}: no answer in time", where),
            "check the address, and any firewall between here and there"};
  }
  const Code code = reason == EACCES || reason == EPERM ? Code::permission : Code::io;
  return {code, fmt::format("cannot connect to {}: {}", where, std::strerror(reason)), ""};
}

// 0 or an errno value.
int connect_within(int fd, const SocketAddress& address, Deadline deadline) {
  if (::connect(fd, address.get(), address.length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_ready(fd, Direction::write, deadline)) return ETIMEDOUT;
  int reason = 0;
  socklen_t size = sizeof reason;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size) == 0 ? reason : errno;
}

Result<Fd> connect_one(const Endpoint& endpoint, const SocketAddress& address, Deadline deadline) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(connect_error(endpoint, errno));
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (const int reason = connect_within(fd.get(), address, deadline); reason != 0) {
    return fail(connect_error(endpoint, reason));
  }
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
  return fd;
}

std::string address_text(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (ask(fd, address.get(), &address.length) != 0) return "?";
  return to_string(address);
}

}  // namespace

Result<Fd> dial(const Endpoint& endpoint, Deadline deadline) {
  const auto addresses = WXSEC_TRY(resolve(endpoint));
  Result<Fd> outcome = fail(connect_error(endpoint, ETIMEDOUT));
  for (const SocketAddress& address : addresses) {
    if (deadline.passed()) break;
    auto attempt = connect_one(endpoint, address, deadline);
    if (attempt) return attempt;
    outcome = std::move(attempt);
  }
  return outcome;
}

Result<void> wait_ready(int fd, Direction direction, Deadline deadline) {
  pollfd entry{.fd = fd,
               .events = static_cast<short>(direction == Direction::read ? POLLIN : POLLOUT),
               .revents = 0};
  for (;;) {
    const int n = ::poll(&entry, 1, static_cast<int>(deadline.left().count()));
    if (n > 0) return {};
    if (n == 0) return fail(Code::timeout, "no answer in time");
    if (errno != EINTR) return fail(Code::io, fmt::format("cannot poll: {}", std::strerror(errno)));
  }
}

std::string local_address(int fd) { return address_text(fd, ::getsockname); }
std::string peer_address(int fd) { return address_text(fd, ::getpeername); }

}  // namespace wxsec::net
