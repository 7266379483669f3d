#include "lib/net/endpoint.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lib/core/escape.h"
#include "lib/core/number.h"

namespace wxsec::net {
namespace {

using core::Code;
using core::fail;
using core::Result;

struct SchemeFacts {
  Scheme scheme;
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array<SchemeFacts, 4> kSchemes{{{Scheme::mqtt, "mqtt", 1883},
                                               {Scheme::mqtts, "mqtts", 8883},
                                               {Scheme::http, "http", 80},
                                               {Scheme::https, "https", 443}}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool has_forbidden_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

// What is left of host[:port] once the brackets of an IPv6 address are understood.
struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

std::optional<Authority> split_authority(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    const auto port = rest.empty() ? std::nullopt : std::optional(rest.substr(1));
    return Authority{text.substr(1, close - 1), port};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Authority{text, std::nullopt};
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return Authority{text, std::nullopt};  // a bare IPv6 address
  }
  return Authority{text.substr(0, colon), text.substr(colon + 1)};
}

bool is_host(std::string_view host) {
  if (is_address(host)) return true;
  if (host.empty() || host.size() > 253) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

std::string_view scheme_name(Scheme scheme) {
  for (const SchemeFacts& facts : kSchemes) {
    if (facts.scheme == scheme) return facts.name;
  }
  return "";
}

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
  const auto bad = [&](std::string_view why) {
    return fail(Code::usage, fmt::format("'{}' is no endpoint: {}", text, why),
                "write mqtts://HOST:PORT, https://HOST:PORT or HOST:PORT");
  };
  if (has_forbidden_character(text)) return bad("it holds a space or a control character");
  Endpoint out;
  out.port = default_port;
  std::string_view rest = text;
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    const std::string name = lower(text.substr(0, mark));
    const auto* const known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                           [&](const SchemeFacts& s) { return s.name == name; });
    if (known == kSchemes.end()) return bad("the scheme is not mqtt, mqtts, http or https");
    out.scheme = known->scheme;
    out.port = known->port;
    rest = text.substr(mark + 3);
  }
  const std::size_t slash = rest.find_first_of("/?#");
  if (slash != std::string_view::npos) {
    out.path = std::string(rest.substr(slash, rest.find('#') - slash));
    if (!out.path.empty() && out.path.front() != '/') out.path.insert(0, "/");
    rest = rest.substr(0, slash);
  }
  if (rest.find('@') != std::string_view::npos) {
    return bad("a user name or password does not belong into a URL, where ps and logs show it");
  }
  const auto authority = split_authority(rest);
  if (!authority || !is_host(authority->host)) return bad("the host is not a name or an address");
  out.host = lower(authority->host);
  if (authority->port) {
    const auto port = core::parse_number<std::uint16_t>(*authority->port, 0, 65535);
    if (!port) return bad("the port is not a number from 0 to 65535");
    out.port = *port;
  }
  return out;
}

std::string host_port(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), endpoint.host, endpoint.port);
}

std::string to_string(const Endpoint& endpoint) {
  const std::string_view scheme = scheme_name(endpoint.scheme);
  return fmt::format("{}{}{}{}", scheme, scheme.empty() ? "" : "://", host_port(endpoint),
                     endpoint.path);
}

bool is_address(std::string_view host) {
  std::array<unsigned char, sizeof(in6_addr)> scratch{};
  const std::string text(host);
  return ::inet_pton(AF_INET, text.c_str(), scratch.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), scratch.data()) == 1;
}

bool is_loopback(std::string_view host) {
  if (lower(host) == "localhost") return true;
  const std::string text(host);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

}  // namespace wxsec::net
