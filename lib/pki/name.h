// Subject alternative names (RFC 5280 4.2.1.6) and the bits of names that people type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/core/bytes.h"
#include "lib/core/result.h"

namespace wxsec::pki {

enum class NameKind { dns, ip, uri, email, other };

// "DNS", "IP", "URI", "email", "other".
std::string_view name_kind_text(NameKind kind);

// `value` is what the certificate says, not yet safe to print: it may hold any byte. An address is
// in its usual text form ("127.0.0.1", "::1"), canonical (RFC 5952).
struct AlternativeName {
  NameKind kind = NameKind::dns;
  std::string value;
  friend bool operator==(const AlternativeName&, const AlternativeName&) = default;
};

// "DNS:broker.wx.test", "IP:::1".
std::string to_text(const AlternativeName& name);

// What a person writes: with a prefix ("DNS:", "IP:", "URI:", "email:", any case), or without,
// where an address is an IP, "x://" a URI, "a@b" an email and all else a DNS name. DNS names are
// lowered. Fails with usage on what no certificate should carry: empty labels, spaces, underscores,
// a label over 63 characters, a wildcard anywhere but as the whole first label.
core::Result<AlternativeName> parse_alternative_name(std::string_view text);

// 4 or 16 bytes of an address in text form; empty if it is none.
core::Bytes address_bytes(std::string_view text);
// The text form; "" for other lengths than 4 and 16.
std::string address_text(core::ByteView bytes);

// Whether `pattern` (a DNS name, or one with a wildcard as its whole first label) covers `host`.
// RFC 6125 6.4.3; case does not matter, a trailing dot of `host` neither.
bool dns_matches(std::string_view pattern, std::string_view host);

// What a certificate authority may sign for, as in RFC 5280 4.2.1.10. A DNS constraint covers the
// name itself and all below it.
struct NameConstraints {
  std::vector<std::string> dns;
  std::vector<std::string> networks;  // "127.0.0.0/8", "::1/128"
  bool critical = true;
  bool empty() const { return dns.empty() && networks.empty(); }
  friend bool operator==(const NameConstraints&, const NameConstraints&) = default;
};

// Whether `constraints` let `name` through. A kind that is not constrained at all is allowed.
bool permits(const NameConstraints& constraints, const AlternativeName& name);

}  // namespace wxsec::pki
