// JA3: five lists of the ClientHello in their order, as decimal numbers, GREASE left out.
// JA4: a readable part, and two digests over sorted lists, so that programs that shuffle their
// extensions keep one fingerprint:
//
//     t 13 d 15 16 h2 _ 8daaf6152771 _ e5627efa2ab1
//     |  | |  |  |  |       |             +- sorted extensions (without SNI and ALPN), signature
//     |  | |  |  |  |       |                algorithms in their order
//     |  | |  |  |  |       +- sorted cipher suites
//     |  | |  |  |  +- first and last character of the first ALPN value
//     |  | |  |  +- number of extensions      |  +- number of suites
//     |  | +- SNI there: d(omain), else i(p)  +- highest version       t: over TCP
#include "lib/proto/ja4.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lib/proto/tls_record.h"

namespace wxsec::proto {
namespace {

constexpr std::size_t kDigestLetters = 12;

std::vector<std::uint16_t> numbers(core::ByteView list) {
  std::vector<std::uint16_t> out;
  wire::Reader in(list);
  while (in.left() >= 2) {
    const std::uint16_t value = in.u16();
    if (!is_grease(value)) out.push_back(value);
  }
  return out;
}

std::vector<std::uint16_t> extension_types(core::ByteView extensions) {
  std::vector<std::uint16_t> out;
  TlsExtensionReader reader(extensions);
  while (const auto extension = reader.next()) {
    if (!is_grease(extension->type)) out.push_back(extension->type);
  }
  return out;
}

std::string joined(const std::vector<std::uint16_t>& values) {
  std::string out;
  for (const std::uint16_t value : values) {
    if (!out.empty()) out += '-';
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
  return out;
}

std::string joined_hex(const std::vector<std::uint16_t>& values) {
  std::string out;
  for (const std::uint16_t value : values) {
    if (!out.empty()) out += ',';
    fmt::format_to(std::back_inserter(out), "{:04x}", value);
  }
  return out;
}

std::string_view version_part(std::uint16_t version) {
  switch (version) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    case 0x0002: return "s2";
    default: return "00";
  }
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// First and last character, or of the hexadecimal form where those are not letters or digits.
std::string alpn_part(std::string_view name) {
  if (name.empty()) return "00";
  if (is_alphanumeric(name.front()) && is_alphanumeric(name.back()))
    return {name.front(), name.back()};
  const auto high = static_cast<std::uint8_t>(name.front());
  const auto low = static_cast<std::uint8_t>(name.back());
  return fmt::format("{:x}{:x}", high >> 4, low & 0x0F);
}

std::string short_digest(const std::string& text, HexDigest sha256) {
  return text.empty() ? std::string(kDigestLetters, '0') : sha256(text).substr(0, kDigestLetters);
}

}  // namespace

std::string ja3_text(const TlsClientHello& hello) {
  std::string points;
  for (const std::uint8_t format : hello.point_formats)
    points += (points.empty() ? "" : "-") + std::to_string(format);
  return fmt::format("{},{},{},{},{}", hello.legacy_version, joined(numbers(hello.suites)),
                     joined(extension_types(hello.extensions)), joined(numbers(hello.groups)),
                     points);
}

std::string ja3s_text(const TlsServerHello& hello) {
  return fmt::format("{},{},{}", hello.legacy_version, hello.suite,
                     joined(extension_types(hello.extensions)));
}

std::string ja4(const TlsClientHello& hello, HexDigest sha256) {
  constexpr std::uint16_t kServerName = 0;
  constexpr std::uint16_t kAlpn = 16;
  std::vector<std::uint16_t> suites = numbers(hello.suites);
  std::vector<std::uint16_t> extensions = extension_types(hello.extensions);
  const bool named =
      std::find(extensions.begin(), extensions.end(), kServerName) != extensions.end();
  const std::string readable =
      fmt::format("t{}{}{:02}{:02}{}", version_part(hello.best_version()), named ? 'd' : 'i',
                  std::min<std::size_t>(suites.size(), 99),
                  std::min<std::size_t>(extensions.size(), 99), alpn_part(hello.first_alpn()));
  std::sort(suites.begin(), suites.end());
  std::erase(extensions, kServerName);
  std::erase(extensions, kAlpn);
  std::sort(extensions.begin(), extensions.end());
  std::string tail = joined_hex(extensions);
  const std::string algorithms = joined_hex(numbers(hello.signature_algorithms));
  if (!algorithms.empty()) tail += '_' + algorithms;
  return readable + '_' + short_digest(joined_hex(suites), sha256) + '_' +
         short_digest(tail, sha256);
}

}  // namespace wxsec::proto
