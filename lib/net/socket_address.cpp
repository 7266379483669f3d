#include "lib/net/socket_address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>

namespace wxsec::net {
namespace {

using core::Code;
using core::fail;
using core::Result;

struct InfoFree {
  void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};

Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo wish{};
  wish.ai_family = AF_UNSPEC;
  wish.ai_socktype = SOCK_STREAM;
  wish.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  const int reason = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wish, &raw);
  const std::unique_ptr<addrinfo, InfoFree> list(raw);
  if (reason != 0 || !list) {
    return fail(Code::resolve,
                fmt::format("cannot find the address of {}: {}", host, ::gai_strerror(reason)),
                "check the spelling of the host name, or use its address");
  }
  std::vector<SocketAddress> out;
  for (const addrinfo* item = list.get(); item != nullptr; item = item->ai_next) {
    SocketAddress address;
    if (item->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, item->ai_addr, item->ai_addrlen);
    address.length = item->ai_addrlen;
    out.push_back(address);
  }
  return out;
}

}  // namespace

Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint) {
  if (is_address(endpoint.host)) return look_up(endpoint.host, endpoint.port, AI_NUMERICHOST);
  if (endpoint.host != "localhost") return look_up(endpoint.host, endpoint.port, AI_ADDRCONFIG);
  // RFC 6761 6.3: localhost is loopback, whatever a resolver would say.
  auto addresses = WXSEC_TRY(look_up("127.0.0.1", endpoint.port, AI_NUMERICHOST));
  auto v6 = WXSEC_TRY(look_up("::1", endpoint.port, AI_NUMERICHOST));
  addresses.insert(addresses.end(), v6.begin(), v6.end());
  return addresses;
}

std::string to_string(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.family() == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return fmt::format("{}:{}", text.data(), ntohs(v4->sin_port));
  }
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), ntohs(v6->sin6_port));
}

}  // namespace wxsec::net
