#include "lib/pki/name.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/number.h"

namespace wxsec::pki {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

// Takes "dns:" off the front if it is there, whatever its case.
bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() || lowered(text.substr(0, prefix.size())) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
    return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// RFC 1123 2.1 host names, with one wildcard label in front where RFC 6125 lets it stand.
bool is_dns_name(std::string_view name) {
  if (name.size() > 253) return false;
  if (name.starts_with("*.")) {
    name.remove_prefix(2);
    if (name.find('.') == std::string_view::npos) return false;  // "*.com" covers too much
  }
  for (;;) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

core::Failure not_a_name(std::string_view text, std::string_view what) {
  return core::fail(core::Code::usage,
                    fmt::format("'{}' is not {}", core::escape_terminal(text), what),
                    "write DNS:host.example.org, IP:192.0.2.1, URI:urn:example or email:a@b.org");
}

core::Result<AlternativeName> make_ip(std::string_view text) {
  const std::string canonical = address_text(address_bytes(text));
  if (canonical.empty()) return not_a_name(text, "an IP address");
  return AlternativeName{NameKind::ip, canonical};
}

core::Result<AlternativeName> make_dns(std::string_view text) {
  std::string name = lowered(text);
  if (!address_bytes(text).empty())
    return core::fail(core::Code::usage, fmt::format("'{}' is an address and no DNS name", text),
                      fmt::format("write IP:{}", text));
  if (std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }))
    return core::fail(core::Code::usage,
                      fmt::format("'{}' is not ASCII, and certificates carry nothing else",
                                  core::escape_terminal(text)),
                      "write it as the DNS has it, with xn-- in front: idn2 NAME converts it");
  if (!is_dns_name(name)) return not_a_name(text, "a DNS name that a certificate may carry");
  return AlternativeName{NameKind::dns, std::move(name)};
}

// IA5String (RFC 5280 4.2.1.6): printable ASCII without spaces is all that a sane one holds.
core::Result<AlternativeName> make_ascii(NameKind kind, std::string_view text, char must_hold) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  const std::size_t mark = text.find(must_hold);
  if (!printable || mark == 0 || mark == std::string_view::npos || mark + 1 == text.size())
    return not_a_name(text, kind == NameKind::uri ? "a URI" : "an email address");
  return AlternativeName{kind, std::string(text)};
}

struct Network {
  core::Bytes address;
  unsigned prefix = 0;
};

Network parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  Network network{address_bytes(text.substr(0, slash)), 0};
  const auto bits = static_cast<unsigned>(network.address.size() * 8);
  network.prefix =
      slash == std::string_view::npos
          ? bits
          : core::parse_number<unsigned>(text.substr(slash + 1), 0, bits).value_or(bits);
  return network;
}

bool contains(const Network& network, const core::Bytes& address) {
  if (address.empty() || address.size() != network.address.size()) return false;
  for (unsigned bit = 0; bit < network.prefix; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if (((address[bit / 8] ^ network.address[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

// RFC 5280 4.2.1.10: the name itself, or anything with labels added on the left.
bool is_within(std::string_view name, std::string_view domain) {
  if (name.size() == domain.size()) return name == domain;
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

}  // namespace

std::string_view name_kind_text(NameKind kind) {
  switch (kind) {
    case NameKind::dns: return "DNS";
    case NameKind::ip: return "IP";
    case NameKind::uri: return "URI";
    case NameKind::email: return "email";
    case NameKind::other: break;
  }
  return "other";
}

std::string to_text(const AlternativeName& name) {
  return fmt::format("{}:{}", name_kind_text(name.kind), name.value);
}

core::Result<AlternativeName> parse_alternative_name(std::string_view text) {
  std::string_view rest = text;
  if (take_prefix(rest, "dns:")) return make_dns(rest);
  if (take_prefix(rest, "ip:")) return make_ip(rest);
  if (take_prefix(rest, "uri:")) return make_ascii(NameKind::uri, rest, ':');
  if (take_prefix(rest, "email:")) return make_ascii(NameKind::email, rest, '@');
  if (!address_bytes(text).empty()) return make_ip(text);
  if (text.find("://") != std::string_view::npos) return make_ascii(NameKind::uri, text, ':');
  if (text.find('@') != std::string_view::npos) return make_ascii(NameKind::email, text, '@');
  return make_dns(text);
}

core::Bytes address_bytes(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return {};
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1)
    return {bytes.begin(), bytes.begin() + 4};
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1)
    return {bytes.begin(), bytes.end()};
  return {};
}

std::string address_text(core::ByteView bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  const char* const done = ::inet_ntop(family, bytes.data(), text.data(), text.size());
  return done == nullptr ? std::string() : std::string(done);
}

bool dns_matches(std::string_view pattern, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string wanted = lowered(host);
  const std::string shown = lowered(pattern);
  if (!shown.starts_with("*.")) return !shown.empty() && shown == wanted;
  const std::size_t dot = wanted.find('.');
  return dot != std::string::npos && dot > 0 &&
         std::string_view(wanted).substr(dot) == std::string_view(shown).substr(1);
}

bool permits(const NameConstraints& constraints, const AlternativeName& name) {
  if (name.kind == NameKind::dns && !constraints.dns.empty()) {
    std::string_view bare = name.value;
    if (bare.starts_with("*.")) bare.remove_prefix(2);
    return std::any_of(constraints.dns.begin(), constraints.dns.end(),
                       [&](const std::string& domain) { return is_within(bare, domain); });
  }
  if (name.kind == NameKind::ip && !constraints.networks.empty()) {
    const core::Bytes address = address_bytes(name.value);
    return std::any_of(
        constraints.networks.begin(), constraints.networks.end(),
        [&](const std::string& network) { return contains(parse_network(network), address); });
  }
  return true;
}

}  // namespace wxsec::pki
