#include "src/acme/ari.h"

#include "lib/core/hex.h"
#include "lib/pki/jose.h"
#include "lib/pki/pem.h"

namespace wxsec::acme {
namespace {

// DER's INTEGER has a zero byte before a set top bit (X.690 8.3.2), and RFC 9773 wants it so.
std::optional<core::Bytes> serial_bytes(const std::string& serial) {
  auto bytes = core::from_hex(serial.size() % 2 == 0 ? serial : "0" + serial);
  if (!bytes || bytes->empty()) return std::nullopt;
  if ((bytes->front() & 0x80U) != 0) bytes->insert(bytes->begin(), 0);
  return *bytes;
}

}  // namespace

std::optional<std::string> certificate_id(const pki::Certificate& certificate) {
  const auto authority = core::from_hex(certificate.authority_key_id);
  const auto serial = serial_bytes(certificate.serial);
  if (!authority || authority->empty() || !serial) return std::nullopt;
  return pki::encode_base64url(*authority) + "." + pki::encode_base64url(*serial);
}

core::Result<std::optional<RenewalInfo>> ask_renewal_info(Session& session,
                                                          const pki::Certificate& certificate) {
  std::string url = session.directory().renewal_info;
  const auto id = certificate_id(certificate);
  if (url.empty() || !id) return std::optional<RenewalInfo>();
  if (url.back() != '/') url += '/';
  const Reply reply = WXSEC_TRY(session.get(url + *id, "renewal information"));
  return std::optional(WXSEC_TRY(parse_renewal_info(reply.response.body)));
}

core::Instant moment_in(const RenewalInfo& window, const pki::Certificate& certificate) {
  const core::Bytes digest = pki::sha256(core::as_bytes(certificate.serial));
  const std::uint64_t number =
      std::uint64_t{digest[0]} << 16 | std::uint64_t{digest[1]} << 8 | std::uint64_t{digest[2]};
  const double share = static_cast<double>(number) / static_cast<double>(1U << 24U);
  const auto length = static_cast<double>((window.end - window.start).count());
  return window.start + std::chrono::milliseconds(static_cast<std::int64_t>(share * length));
}

}  // namespace wxsec::acme
