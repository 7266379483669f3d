// IPv4 and IPv6 socket addresses as one value.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "lib/core/result.h"
#include "lib/net/endpoint.h"

namespace wxsec::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// All stream addresses of the host, in the order to try them; never empty. Literals and "localhost"
// (127.0.0.1, then ::1) are answered without DNS. Fails with resolve.
core::Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint);

// "127.0.0.1:80", "[::1]:80".
std::string to_string(const SocketAddress& address);

}  // namespace wxsec::net
