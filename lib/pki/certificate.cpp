#include "lib/pki/certificate.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/core/shell_word.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"
#include "lib/pki/pkcs12.h"
#include "lib/pki/plain_certificate.h"

namespace wxsec::pki {
namespace {

constexpr std::string_view kLabel = "CERTIFICATE";

// "TRUSTED CERTIFICATE" has OpenSSL's own data behind the certificate; "X509 CERTIFICATE" is old.
bool is_certificate_label(std::string_view label) {
  return label == kLabel || label == "X509 CERTIFICATE";
}

core::Result<std::vector<Certificate>> from_pem(std::string_view text) {
  std::vector<Certificate> found;
  for (const PemBlock& block : WXSEC_TRY(parse_pem(text))) {
    if (!is_certificate_label(block.label)) continue;
    auto certificate = parse_certificate(block.der);
    if (!certificate)
      return core::fail(core::with_context(certificate.error(),
                                           fmt::format("certificate number {}", found.size() + 1)));
    found.push_back(std::move(*certificate));
  }
  if (found.empty())
    return core::fail(core::Code::not_found, "no certificate in it",
                      "a certificate starts with -----BEGIN CERTIFICATE-----");
  return found;
}

bool starts_like_der(std::string_view bytes) {
  return bytes.size() > 4 && bytes[0] == '\x30' && (static_cast<unsigned char>(bytes[1]) & 0x80U);
}

}  // namespace

core::Result<Certificate> parse_certificate(core::ByteView der) {
  if (auto plain = read_plain_certificate(der)) return std::move(*plain);
  const unsigned char* at = der.data();
  const X509Ptr parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed) return core::fail(openssl_error(core::Code::malformed, "this is not a certificate"));
  if (at != der.data() + der.size()) {
    drain_errors();
    return core::fail(core::Code::malformed,
                      fmt::format("{} surplus bytes behind the certificate",
                                  static_cast<std::size_t>(der.data() + der.size() - at)),
                      kCopyAgain);
  }
  return view_of(parsed.get());
}

core::Result<std::vector<Certificate>> parse_certificates(std::string_view pem_or_der) {
  if (looks_like_pkcs12(core::as_bytes(pem_or_der)))
    return core::fail(core::Code::unsupported,
                      "this is a PKCS#12 file: what is in it is closed by its passphrase",
                      "look into it: wxsec certs inspect FILE --ask-passphrase; or take it over: "
                      "wxsec certs import IDENTITY FILE --ask-passphrase");
  if (looks_like_pem(pem_or_der) || !starts_like_der(pem_or_der)) return from_pem(pem_or_der);
  return std::vector<Certificate>{WXSEC_TRY(parse_certificate(core::as_bytes(pem_or_der)))};
}

core::Result<std::vector<Certificate>> load_certificates(const core::Path& path) {
  const std::string text = WXSEC_TRY(core::read_file(path, kMaxCertificateFile));
  auto found = parse_certificates(text);
  if (found) return found;
  core::Error error = core::with_context(found.error(), path.string());
  error.hint = core::fill_in(error.hint, "FILE", path.string());
  return core::fail(std::move(error));
}

std::string to_pem(const Certificate& certificate) { return encode_pem(kLabel, certificate.der); }

std::string to_pem(const std::vector<Certificate>& chain) {
  std::string text;
  for (const Certificate& certificate : chain) text += to_pem(certificate);
  return text;
}

std::chrono::milliseconds lifetime(const Certificate& certificate) {
  return certificate.not_after - certificate.not_before;
}

long days_left(const Certificate& certificate, core::Instant now) {
  return std::chrono::floor<std::chrono::days>(certificate.not_after - now).count();
}

bool is_for_host(const Certificate& certificate, std::string_view host) {
  const core::Bytes address = address_bytes(host);
  const auto covers = [&](const AlternativeName& name) {
    if (!address.empty()) return name.kind == NameKind::ip && address_bytes(name.value) == address;
    return name.kind == NameKind::dns && dns_matches(name.value, host);
  };
  return std::any_of(certificate.names.begin(), certificate.names.end(), covers);
}

std::string colons(std::string_view hex) {
  std::string out;
  out.reserve(hex.size() * 3 / 2);
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i > 0 && i % 2 == 0) out.push_back(':');
    const char c = hex[i];
    out.push_back(c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return out;
}

std::string key_text(const Certificate& certificate) {
  if (certificate.key_kind == KeyKind::rsa) return fmt::format("RSA {} bits", certificate.key_bits);
  if (certificate.key_kind == KeyKind::other && certificate.key_bits > 0)
    return fmt::format("{} {} bits", certificate.key_algorithm, certificate.key_bits);
  return certificate.key_algorithm;
}

}  // namespace wxsec::pki
