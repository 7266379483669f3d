#include "lib/net/listen.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/net/socket_address.h"

namespace wxsec::net {
namespace {

using core::Code;
using core::fail;
using core::Fd;
using core::Result;

core::Error listen_error(const Endpoint& endpoint, int reason) {
  const std::string where = host_port(endpoint);
  switch (reason) {
    case EADDRINUSE:
      return {Code::busy, fmt::format("cannot listen on {}: the port is in use", where),
              fmt::format("find who has it with 'ss -ltnp sport = :{}', or take another port",
                          endpoint.port)};
    case EACCES:
      return {Code::permission, fmt::format("cannot listen on {}: permission denied", where),
              "ports below 1024 need root or CAP_NET_BIND_SERVICE; take a higher one"};
    default:
      return {Code::io, fmt::format("cannot listen on {}: {}", where, std::strerror(reason)), ""};
  }
}

std::uint16_t bound_port(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (::getsockname(fd, address.get(), &address.length) != 0) return 0;
  if (address.family() == AF_INET)
    return ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
  return ntohs(reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port);
}

}  // namespace

Result<Listener> listen(const Endpoint& endpoint, int backlog) {
  const auto addresses = WXSEC_TRY(resolve(endpoint));
  const SocketAddress& address = addresses.front();
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(listen_error(endpoint, errno));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.length) != 0 || ::listen(fd.get(), backlog) != 0) {
    return fail(listen_error(endpoint, errno));
  }
  Listener out{std::move(fd), endpoint};
  out.endpoint.port = bound_port(out.fd.get());
  return out;
}

Result<std::uint16_t> free_port() {
  const Listener listener = WXSEC_TRY(
      listen(Endpoint{.scheme = Scheme::none, .host = "127.0.0.1", .port = 0, .path = {}}, 1));
  return listener.endpoint.port;
}

}  // namespace wxsec::net
