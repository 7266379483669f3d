// PEM says by its labels what a block is. DER says nothing: every kind is a SEQUENCE, so each is
// tried in turn, the strictest first, and what is told in the end is the error of the likeliest.
// Windows tools write PEM in UTF-16, or with a byte order mark; both become plain text first.
#include "lib/pki/contents.h"

#include <fmt/core.h>

#include "lib/core/escape.h"
#include "lib/pki/pem.h"
#include "lib/pki/pkcs12.h"
#include "lib/wire/reader.h"

namespace wxsec::pki {
namespace {

bool starts_with(std::string_view bytes, std::string_view mark) {
  return bytes.substr(0, mark.size()) == mark;
}

// ASCII out of UTF-16 with its mark; other characters (they are outside of blocks) become '?'. The
// result may hold a key.
core::Secret from_utf16(std::string_view bytes) {
  wire::Reader in(core::as_bytes(bytes.substr(2)));
  const bool little = starts_with(bytes, "\xFF\xFE");
  std::string out;
  out.reserve(bytes.size() / 2);
  while (in.left() >= 2) {
    const std::uint16_t unit = little ? in.le_u16() : in.u16();
    out.push_back(unit < 0x80 ? static_cast<char>(unit) : '?');
  }
  core::Secret secret(out);
  core::wipe(out.data(), out.size());
  return secret;
}

std::string_view wrapping_of(const PemBlock& block) {
  if (block.label == "ENCRYPTED PRIVATE KEY") return "PKCS#8, encrypted";
  const bool encrypted = block.der.empty();
  if (block.label == "EC PRIVATE KEY") return encrypted ? "SEC1, encrypted" : "SEC1";
  if (block.label == "RSA PRIVATE KEY") return encrypted ? "PKCS#1, encrypted" : "PKCS#1";
  return "PKCS#8";
}

bool is_locked(const PemBlock& block) {
  return block.label == "ENCRYPTED PRIVATE KEY" || block.der.empty();
}

core::Result<void> take_key(const PemBlock& block, const core::Secret& passphrase, Contents& out) {
  out.key_wrappings.emplace_back(wrapping_of(block));
  if (is_locked(block) && passphrase.empty()) {
    out.locked_key = true;
    return {};
  }
  out.keys.push_back(WXSEC_TRY(Key::parse(block.text, passphrase)));
  return {};
}

core::Result<void> take_block(const PemBlock& block, const core::Secret& passphrase,
                              Contents& out) {
  if (block.label.ends_with("PRIVATE KEY")) return take_key(block, passphrase, out);
  if (block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE") {
    out.certificates.push_back(WXSEC_TRY(parse_certificate(block.der)));
  } else if (block.label.ends_with("CERTIFICATE REQUEST")) {
    out.requests.push_back(WXSEC_TRY(parse_csr(block.der)));
  } else if (block.label == "X509 CRL") {
    out.lists.push_back(WXSEC_TRY(parse_crl(block.der)));
  } else {
    out.skipped.push_back(block.label);
  }
  return {};
}

void wipe_all(std::vector<PemBlock>& blocks) {
  for (PemBlock& block : blocks) core::wipe(block.der.data(), block.der.size());
}

core::Failure nothing_known(const Contents& seen) {
  if (seen.skipped.empty())
    return core::fail(core::Code::not_found, "no certificate, key, request or list in it",
                      "PEM starts with -----BEGIN CERTIFICATE----- or the like");
  return core::fail(core::Code::not_found,
                    fmt::format("only '{}' in it, which is not read here",
                                core::escape_terminal(seen.skipped.front())),
                    "certificates, private keys, requests and revocation lists are");
}

core::Result<Contents> from_pem(std::string_view text, const core::Secret& passphrase) {
  auto blocks = WXSEC_TRY(parse_pem(text));
  Contents out;
  core::Result<void> taken;
  std::size_t number = 0;
  for (const PemBlock& block : blocks) {
    ++number;
    taken = take_block(block, passphrase, out);
    if (!taken) break;
  }
  const std::string where = fmt::format("block {} of {}", number, blocks.size());
  wipe_all(blocks);
  if (!taken) return core::fail(core::with_context(taken.error(), where));
  if (out.empty()) return nothing_known(out);
  return out;
}

core::Result<Contents> from_pkcs12(std::string_view bytes, const core::Secret& passphrase) {
  Pkcs12 opened = WXSEC_TRY(parse_pkcs12(core::as_bytes(bytes), passphrase));
  Contents out;
  out.form = FileForm::pkcs12;
  out.certificates = std::move(opened.certificates);
  out.keys = std::move(opened.keys);
  out.key_wrappings.assign(out.keys.size(), "PKCS#12");
  out.friendly_name = std::move(opened.friendly_name);
  out.weak_encryption = opened.weak_encryption;
  if (out.empty()) return nothing_known(out);
  return out;
}

// A private key in DER starts with a version, 0 or 1, or is EncryptedPrivateKeyInfo.
core::Result<void> take_der(std::string_view bytes, const core::Secret& passphrase, Contents& out) {
  const core::ByteView der = core::as_bytes(bytes);
  auto certificate = parse_certificate(der);
  if (certificate) {
    out.certificates.push_back(std::move(*certificate));
    return {};
  }
  if (auto request = parse_csr(der)) {
    out.requests.push_back(std::move(*request));
    return {};
  }
  if (auto list = parse_crl(der)) {
    out.lists.push_back(std::move(*list));
    return {};
  }
  if (is_encrypted_key(der)) {
    out.key_wrappings.emplace_back("PKCS#8, encrypted");
    out.locked_key = passphrase.empty();
    if (!out.locked_key) out.keys.push_back(WXSEC_TRY(Key::parse(bytes, passphrase)));
    return {};
  }
  if (auto key = Key::parse(bytes, {})) {
    out.keys.push_back(std::move(*key));
    out.key_wrappings.emplace_back("DER");
    return {};
  }
  return core::fail(certificate.error());
}

core::Result<Contents> from_der(std::string_view bytes, const core::Secret& passphrase) {
  if (looks_like_pkcs12(core::as_bytes(bytes))) return from_pkcs12(bytes, passphrase);
  Contents out;
  out.form = FileForm::der;
  if (!starts_with(bytes, "\x30")) return nothing_known(out);
  WXSEC_TRY(take_der(bytes, passphrase, out));
  return out;
}

}  // namespace

std::string_view file_form_text(FileForm form) {
  switch (form) {
    case FileForm::pem: return "PEM";
    case FileForm::der: return "DER";
    case FileForm::pkcs12: break;
  }
  return "PKCS#12";
}

core::Result<Contents> parse_contents(std::string_view bytes, const core::Secret& passphrase) {
  if (bytes.empty()) return core::fail(core::Code::not_found, "the file is empty");
  if (starts_with(bytes, "\xFF\xFE") || starts_with(bytes, "\xFE\xFF")) {
    const core::Secret text = from_utf16(bytes);
    return from_pem(text.reveal(), passphrase);
  }
  return looks_like_pem(bytes) ? from_pem(bytes, passphrase) : from_der(bytes, passphrase);
}

core::Result<Contents> load_contents(const core::Path& path, const core::Secret& passphrase) {
  const core::Secret bytes(WXSEC_TRY(core::read_file(path, kMaxCertificateFile)));
  auto contents = parse_contents(bytes.reveal(), passphrase);
  if (!contents) return core::fail(core::with_context(contents.error(), path.string()));
  return contents;
}

}  // namespace wxsec::pki
