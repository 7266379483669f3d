// Subject alternative names, as they are written: a client compares bytes, so what looks like a
// host name to a person and is none to a program is a finding.
#include <algorithm>
#include <set>

#include "src/lint/lint_subject.h"

namespace wxsec::certs {
namespace {

constexpr std::uint8_t kEmail = 0x81;
constexpr std::uint8_t kDns = 0x82;
constexpr std::uint8_t kUri = 0x86;
constexpr std::uint8_t kAddress = 0x87;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
}

std::size_t longest_label(std::string_view name) {
  std::size_t longest = 0;
  while (!name.empty()) {
    const std::size_t size = std::min(name.find('.'), name.size());
    longest = std::max(longest, size);
    name.remove_prefix(std::min(size + 1, name.size()));
  }
  return longest;
}

void lint_wildcard(std::string_view name, const LintSubject& s) {
  if (!name.starts_with("*.") || name.find('*', 1) != std::string_view::npos)
    return s.add("name-wildcard-place", name);
  if (name.substr(2).find('.') == std::string_view::npos) s.add("name-wildcard-wide", name);
}

// One finding per name: the first fault hides the others.
void lint_dns(std::string_view name, const LintSubject& s) {
  if (name.find('\0') != std::string_view::npos) return s.add("name-with-nul", name);
  if (!is_ascii(name)) return s.add("name-not-ascii", name);
  if (!pki::address_bytes(name).empty()) return s.add("name-address-as-dns", name);
  std::string rest(name);
  std::erase_if(rest, is_host_character);
  if (rest.find_first_not_of("_*") != std::string::npos) return s.add("name-odd-character", name);
  if (rest.find('*') != std::string::npos) return lint_wildcard(name, s);
  if (name.empty() || name.front() == '.' || name.back() == '.' ||
      name.find("..") != std::string_view::npos)
    return s.add("name-empty-label", name);
  if (name.size() > 253 || longest_label(name) > 63) return s.add("name-too-long", name);
  if (!rest.empty()) s.add("name-underscore", name);
}

void lint_name(const pki::RawName& name, const LintSubject& s) {
  const std::string_view text = core::as_text(name.value);
  if (name.tag == kDns) return lint_dns(text, s);
  if (name.tag == kAddress) {
    if (name.value.size() != 4 && name.value.size() != 16)
      s.add("address-size", std::to_string(name.value.size()) + " bytes");
    return;
  }
  if (name.tag != kUri && name.tag != kEmail) return;
  if (text.find('\0') != std::string_view::npos) return s.add("name-with-nul", text);
  if (!is_ascii(text)) return s.add("name-not-ascii", text);
  if (name.tag == kUri) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || text.find('/') < colon)
      s.add("uri-relative", text);
  } else {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size())
      s.add("email-malformed", text);
  }
}

// A common name with a dot in it is meant as a host; one without is a person, a station, a label.
// Where the alternative names are addresses, URIs or mailboxes alone, it is there for the verifiers
// that hold name constraints against it (certs/authority.cpp).
void lint_common_name(const std::vector<pki::RawName>& names, const LintSubject& s) {
  const std::string& common = s.certificate.common_name;
  const bool host = common.find('.') != std::string::npos &&
                    std::all_of(common.begin(), common.end(),
                                [](char c) { return is_host_character(c) || c == '*'; });
  const bool has_dns_name = std::any_of(names.begin(), names.end(),
                                        [](const pki::RawName& name) { return name.tag == kDns; });
  if (!host || !has_dns_name) return;
  const core::Bytes address = pki::address_bytes(common);
  const auto is_same = [&](const pki::RawName& name) {
    return name.tag == kAddress
               ? std::equal(address.begin(), address.end(), name.value.begin(), name.value.end())
               : core::as_text(name.value) == common;
  };
  if (std::none_of(names.begin(), names.end(), is_same)) s.add("common-name-not-in-names", common);
}

}  // namespace

void lint_names(const LintSubject& s) {
  const std::vector<pki::RawName> names = s.raw.names();
  if (names.empty()) {
    if (!s.is_authority() && s.certificate.version == 3)
      s.add("names-missing", s.certificate.subject);
    return;
  }
  if (s.raw.subject.empty() && !s.certificate.names_critical) s.add("names-not-critical", "");
  std::set<std::string> seen;
  for (const pki::RawName& name : names) {
    lint_name(name, s);
    const std::string text(core::as_text(name.value));
    if (!seen.insert(static_cast<char>(name.tag) + text).second) s.add("name-twice", text);
  }
  if (!s.is_authority()) lint_common_name(names, s);
}

}  // namespace wxsec::certs
