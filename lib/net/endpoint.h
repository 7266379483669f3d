// Where a peer is: scheme, host, port, path, as written in a URL or as HOST:PORT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/core/result.h"

namespace wxsec::net {

enum class Scheme { none, mqtt, mqtts, http, https };

struct Endpoint {
  Scheme scheme = Scheme::none;
  std::string host;  // name or address, IPv6 without brackets, lower case
  std::uint16_t port = 0;
  std::string path;  // from the first '/', with query; empty if none was written

  bool tls() const { return scheme == Scheme::mqtts || scheme == Scheme::https; }
  bool operator==(const Endpoint&) const = default;
};

// "mqtts://broker.wx.test:8883", "https://[::1]:8443/api", "localhost:1883", "[::1]:8883", "host".
// A missing port becomes the scheme's (1883, 8883, 80, 443), or `default_port` without a scheme.
// Fails with usage: unknown scheme, user:password@ (secrets do not belong on a command line), port
// out of 0-65535, empty host, control characters or spaces. RFC 3986; the MQTT schemes by common
// use.
core::Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port);

// "host:port", with brackets around IPv6.
std::string host_port(const Endpoint& endpoint);
// The URL that parse_endpoint reads back.
std::string to_string(const Endpoint& endpoint);
std::string_view scheme_name(Scheme scheme);  // "mqtts"; "" for none

// True for an IPv4 or IPv6 literal.
bool is_address(std::string_view host);
// True for 127.0.0.0/8, ::1 and the name "localhost" (RFC 6761 6.3), without asking DNS.
bool is_loopback(std::string_view host);

}  // namespace wxsec::net
