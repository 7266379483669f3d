// Who talks to whom: addresses as they stand in the packet.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "lib/core/bytes.h"

namespace wxsec::flow {

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  std::uint8_t size = 4;  // 4 or 16; unused bytes are zero

  auto operator<=>(const Address&) const = default;
};

struct Endpoint {
  Address address;
  std::uint16_t port = 0;

  auto operator<=>(const Endpoint&) const = default;
};

// "127.0.0.1", "2001:db8::1" (RFC 5952).
std::string to_string(const Address& address);
// "127.0.0.1:1883", "[::1]:1883".
std::string to_string(const Endpoint& endpoint);

// The same at the end of `out`, without allocation where it has room.
void append(std::string& out, const Address& address);
void append(std::string& out, const Endpoint& endpoint);

}  // namespace wxsec::flow
