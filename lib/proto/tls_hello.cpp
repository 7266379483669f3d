// ClientHello and ServerHello: what both sides must say before they have keys. A hello is a few
// fixed fields and a list of extensions, each with type and length; the readers below only look at
// those that tell an eavesdropper something.
#include "lib/proto/tls_hello.h"

#include <algorithm>
#include <array>

#include "lib/proto/tls_record.h"

namespace wxsec::proto {
namespace {

// RFC 8446 4.2 and IANA's registry.
enum Extension : std::uint16_t {
  kServerName = 0,
  kGroups = 10,
  kPointFormats = 11,
  kSignatureAlgorithms = 13,
  kAlpn = 16,
  kEncryptThenMac = 22,
  kExtendedMasterSecret = 23,
  kPreSharedKey = 41,
  kEarlyData = 42,
  kSupportedVersions = 43,
  kKeyShare = 51,
};

// RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest".
constexpr std::array<std::uint8_t, 32> kRetryRandom = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

core::ByteView list16(wire::Reader& in) {
  const std::size_t length = in.u16();
  return in.bytes(length);
}
core::ByteView list8(wire::Reader& in) {
  const std::size_t length = in.u8();
  return in.bytes(length);
}

// RFC 6066 3: a list of names, of which only type 0 (host name) was ever defined.
std::string_view server_name(core::ByteView data) {
  wire::Reader in(data);
  wire::Reader list(list16(in));
  if (list.u8() != 0) return {};
  return core::as_text(list16(list));
}

void take_client_extension(const TlsExtension& extension, TlsClientHello& out) {
  wire::Reader in(extension.data);
  switch (extension.type) {
    case kServerName: out.server_name = server_name(extension.data); break;
    case kGroups: out.groups = list16(in); break;
    case kPointFormats: out.point_formats = list8(in); break;
    case kSignatureAlgorithms: out.signature_algorithms = list16(in); break;
    case kAlpn: out.alpn = list16(in); break;
    case kPreSharedKey: out.pre_shared_key = true; break;
    case kEarlyData: out.early_data = true; break;
    case kSupportedVersions: out.supported_versions = list8(in); break;
    case kKeyShare: out.key_shares = list16(in); break;
    default: break;
  }
}

void take_server_extension(const TlsExtension& extension, TlsServerHello& out) {
  wire::Reader in(extension.data);
  switch (extension.type) {
    case kAlpn: {
      wire::Reader names(list16(in));
      out.alpn = core::as_text(list8(names));
      break;
    }
    case kEncryptThenMac: out.encrypt_then_mac = true; break;
    case kExtendedMasterSecret: out.extended_master_secret = true; break;
    case kPreSharedKey: out.pre_shared_key = true; break;
    case kSupportedVersions: out.version = in.u16(); break;
    case kKeyShare: out.group = in.u16(); break;
    default: break;
  }
}

}  // namespace

std::uint16_t TlsClientHello::best_version() const {
  std::uint16_t best = 0;
  wire::Reader in(supported_versions);
  while (in.left() >= 2) {
    const std::uint16_t version = in.u16();
    if (!is_grease(version) && version > best) best = version;
  }
  return best == 0 ? legacy_version : best;
}

std::string_view TlsClientHello::first_alpn() const {
  wire::Reader in(alpn);
  while (in.left() > 1) {
    const core::ByteView name = list8(in);
    const bool grease =
        name.size() == 2 && is_grease(static_cast<std::uint16_t>((name[0] << 8) | name[1]));
    if (!grease) return core::as_text(name);
  }
  return {};
}

std::optional<TlsExtension> TlsExtensionReader::next() {
  if (in_.empty()) return std::nullopt;
  TlsExtension extension;
  extension.type = in_.u16();
  extension.data = list16(in_);
  if (!in_.ok()) return std::nullopt;
  return extension;
}

bool decode_client_hello(core::ByteView body, TlsClientHello& out) {
  out = {};
  wire::Reader in(body);
  out.legacy_version = in.u16();
  out.random = in.bytes(32);
  out.session_id = list8(in);
  out.suites = list16(in);
  out.compression = list8(in);
  if (!in.ok() || out.suites.empty() || out.suites.size() % 2 != 0) return false;
  if (in.empty()) return true;  // before RFC 4366 there were no extensions
  out.extensions = list16(in);
  if (!in.ok()) return false;
  TlsExtensionReader reader(out.extensions);
  while (const auto extension = reader.next()) take_client_extension(*extension, out);
  return true;
}

bool decode_server_hello(core::ByteView body, TlsServerHello& out) {
  out = {};
  wire::Reader in(body);
  out.legacy_version = in.u16();
  out.random = in.bytes(32);
  // Drafts of TLS 1.3 before the 22nd had neither session id nor compression method here.
  const bool old_draft = out.legacy_version >= 0x7F00 && out.legacy_version < 0x7F16;
  if (!old_draft) out.session_id = list8(in);
  out.suite = in.u16();
  if (!old_draft) in.skip(1);  // compression method
  out.version = out.legacy_version;
  if (!in.ok()) return false;
  out.retry = std::equal(out.random.begin(), out.random.end(), kRetryRandom.begin());
  if (in.empty()) return true;
  out.extensions = list16(in);
  if (!in.ok()) return false;
  TlsExtensionReader reader(out.extensions);
  while (const auto extension = reader.next()) take_server_extension(*extension, out);
  return true;
}

// RFC 5246 E.2. Suites are three bytes; those of SSLv3 and later begin with a zero.
bool decode_sslv2_hello(core::ByteView record, TlsClientHello& out) {
  out = {};
  if (!looks_like_sslv2_hello(record)) return false;
  wire::Reader in(record);
  in.skip(3);
  out.legacy_version = in.u16();
  const std::size_t suites = in.u16();
  const std::size_t session = in.u16();
  const std::size_t challenge = in.u16();
  in.skip(suites);
  out.session_id = in.bytes(session);
  out.random = in.bytes(challenge);
  out.sslv2_format = true;
  return in.ok();
}

TlsCertificateReader::TlsCertificateReader(core::ByteView body, TlsCertificateForm form)
    : form_(form) {
  wire::Reader in(body);
  if (form == TlsCertificateForm::tls13) list8(in);  // certificate_request_context
  const std::size_t length = in.u24();
  in_ = in.sub(length);
}

std::optional<core::ByteView> TlsCertificateReader::next() {
  if (in_.empty()) return std::nullopt;
  const std::size_t length = in_.u24();
  const core::ByteView der = in_.bytes(length);
  if (form_ == TlsCertificateForm::tls13) list16(in_);  // extensions
  if (!in_.ok() || der.empty()) return std::nullopt;
  return der;
}

}  // namespace wxsec::proto
