// Addresses as text: dotted quads, and RFC 5952 for IPv6 (lower case, the longest run of zeros as
// "::"). Written by hand because inet_ntop wants a C string and a copy per packet.
#include "lib/flow/endpoint.h"

#include <charconv>
#include <utility>

namespace wxsec::flow {
namespace {

// 0 to 255 as text.
struct Octet {
  std::array<char, 3> digits{};
  std::uint8_t size = 0;
};

constexpr std::array<Octet, 256> all_octets() {
  std::array<Octet, 256> all{};
  for (unsigned value = 0; value < all.size(); ++value) {
    Octet& one = all[value];
    if (value >= 100) one.digits[one.size++] = static_cast<char>('0' + value / 100);
    if (value >= 10) one.digits[one.size++] = static_cast<char>('0' + value / 10 % 10);
    one.digits[one.size++] = static_cast<char>('0' + value % 10);
  }
  return all;
}

constexpr std::array<Octet, 256> kOctets = all_octets();
constexpr std::size_t kMostV4 = 16;  // "255.255.255.255.", while it is being written

// Writes the dotted quad and a dot behind it; returns the length without that dot. Three digits are
// written, needed or not, since asking costs more.
std::size_t write_v4(const Address& address, std::array<char, kMostV4>& to) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Octet& one = kOctets[address.byte(i)];
    to[at] = one.digits[0];
    to[at + 1] = one.digits[1];
    to[at + 2] = one.digits[2];
    at += one.size;
    to[at++] = '.';
  }
  return at - 1;
}

void append_number(std::string& out, unsigned value, int base) {
  std::array<char, 16> digits{};
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
  out.append(digits.data(), end);
}

unsigned group(const Address& address, std::size_t i) {
  return (unsigned{address.byte(2 * i)} << 8) | address.byte(2 * i + 1);
}

// Begin and end of the longest run of two or more zero groups, the first one of equals.
std::pair<std::size_t, std::size_t> longest_zeros(const Address& address) {
  std::pair<std::size_t, std::size_t> best{8, 8};
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && group(address, end) == 0) ++end;
    if (end - i >= 2 && end - i > best.second - best.first) best = {i, end};
    i = end + 1;
  }
  return best;
}

void append_v6(std::string& out, const Address& address) {
  const auto [begin, end] = longest_zeros(address);
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == begin) {
      out += "::";
      i = end - 1;
      continue;
    }
    if (i != 0 && i != end) out += ':';
    append_number(out, group(address, i), 16);
  }
}

}  // namespace

void append(std::string& out, const Address& address) {
  if (address.size == 16) return append_v6(out, address);
  std::array<char, kMostV4> text{};
  out.append(text.data(), write_v4(address, text));
}

void append(std::string& out, const Endpoint& endpoint) {
  const bool v6 = endpoint.address.size == 16;
  if (v6) out += '[';
  append(out, endpoint.address);
  if (v6) out += ']';
  out += ':';
  append_number(out, endpoint.port, 10);
}

std::string to_string(const Address& address) {
  std::string text;
  append(text, address);
  return text;
}

std::string to_string(const Endpoint& endpoint) {
  std::string text;
  append(text, endpoint);
  return text;
}

}  // namespace wxsec::flow
