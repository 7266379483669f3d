// Who talks to whom: addresses as they stand in the packet.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "lib/core/bytes.h"

namespace wxsec::flow {

// In words, since every packet's are hashed and compared: its first byte is the first word's
// lowest.
struct Address {
  std::array<std::uint64_t, 2> words{};
  std::uint8_t size = 4;  // 4 or 16; unused bytes are zero

  std::uint8_t byte(std::size_t i) const {
    return static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8)));
  }
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
