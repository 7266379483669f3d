#include "src/issue/init_domains.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/escape.h"
#include "lib/core/number.h"
#include "src/issue/init.h"

namespace wxsec::certs {
namespace {

// "192.168.7.0/24", or an address, which becomes a network of one.
core::Result<std::string> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address = pki::address_text(pki::address_bytes(text.substr(0, slash)));
  const unsigned bits = address.find(':') == std::string::npos ? 32 : 128;
  const auto prefix = slash == std::string_view::npos
                          ? std::optional<unsigned>(bits)
                          : core::parse_number<unsigned>(text.substr(slash + 1), 0, bits);
  if (address.empty() || !prefix)
    return core::fail(core::Code::usage,
                      fmt::format("'{}' is not a network", core::escape_terminal(text)),
                      "write it as 192.168.7.0/24");
  return fmt::format("{}/{}", address, *prefix);
}

core::Result<std::string> parse_domain(const std::string& text) {
  const auto name = pki::parse_alternative_name("DNS:" + text);
  // No top-level domain is a number (RFC 3696 section 2): 300.1.1.1 is a mistyped address.
  const bool number =
      text.find_first_not_of("0123456789", text.rfind('.') + 1) == std::string::npos;
  if (!name || number)
    return core::fail(
        core::Code::usage,
        fmt::format("'{}' is neither a domain nor an address", core::escape_terminal(text)),
        "write it as weather.example.org, 192.168.7.5 or 192.168.7.0/24");
  if (name->value.starts_with('*'))
    return core::fail(core::Code::usage, fmt::format("'{}' is not a domain", text),
                      "a domain covers all names below it anyway: leave out the '*.'");
  return name->value;
}

}  // namespace

core::Result<pki::NameConstraints> parse_domains(const std::vector<std::string>& domains) {
  pki::NameConstraints constraints;
  for (const std::string& text : domains) {
    if (text.find('/') != std::string::npos || !pki::address_bytes(text).empty()) {
      constraints.networks.push_back(WXSEC_TRY(parse_network(text)));
      continue;
    }
    constraints.dns.push_back(WXSEC_TRY(parse_domain(text)));
  }
  if (constraints.dns.empty()) constraints.dns.emplace_back(kDefaultDomain);
  constraints.dns.emplace_back("localhost");
  constraints.networks.emplace_back("127.0.0.0/8");
  constraints.networks.emplace_back("::1/128");
  return constraints;
}

core::Result<void> check_same_domains(const pki::NameConstraints& wanted,
                                      const pki::Certificate& issuing) {
  const auto holds = [](const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
  };
  if (!issuing.has_constraints) return {};
  for (const std::string& domain : wanted.dns) {
    if (pki::permits(issuing.constraints, {pki::NameKind::dns, domain})) continue;
    return core::fail(
        core::Code::usage,
        fmt::format("the authority that is already there may not sign for {}", domain),
        "make an authority for it in another directory: wxsec certs init --dir NEW");
  }
  for (const std::string& network : wanted.networks) {
    if (holds(issuing.constraints.networks, network)) continue;
    return core::fail(
        core::Code::usage,
        fmt::format("the authority that is already there may not sign for {}", network),
        "make an authority for it in another directory: wxsec certs init --dir NEW");
  }
  return {};
}

}  // namespace wxsec::certs
