#include "lib/pki/crl.h"

#include <fmt/core.h>

#include <array>
#include <ctime>

#include "lib/core/hex.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"

namespace wxsec::pki {
namespace {

using AuthorityKeyIdPtr = Handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using IntegerPtr = Handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using EnumeratedPtr = Handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;

struct ReasonRow {
  RevocationReason reason;
  std::string_view text;
};
constexpr std::array<ReasonRow, 7> kReasons{
    {{RevocationReason::unspecified, "unspecified"},
     {RevocationReason::key_compromise, "key-compromise"},
     {RevocationReason::ca_compromise, "ca-compromise"},
     {RevocationReason::affiliation_changed, "affiliation-changed"},
     {RevocationReason::superseded, "superseded"},
     {RevocationReason::cessation_of_operation, "cessation-of-operation"},
     {RevocationReason::privilege_withdrawn, "privilege-withdrawn"}}};

std::string hex_of(const ASN1_STRING* text) {
  if (text == nullptr) return {};
  return core::to_hex(
      {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))});
}

std::optional<core::Instant> instant_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return core::Instant(std::chrono::seconds(::timegm(&fields)));
}

RevocationReason reason_of(const X509_REVOKED* entry) {
  const EnumeratedPtr code(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  const long value = code ? ASN1_ENUMERATED_get(code.get()) : 0;
  for (const ReasonRow& row : kReasons)
    if (static_cast<long>(row.reason) == value) return row.reason;
  return RevocationReason::unspecified;
}

std::vector<Revoked> revoked_in(X509_CRL* list) {
  std::vector<Revoked> out;
  const STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* const entry = sk_X509_REVOKED_value(entries, i);
    out.push_back({hex_of(X509_REVOKED_get0_serialNumber(entry)),
                   instant_of(X509_REVOKED_get0_revocationDate(entry)).value_or(core::Instant()),
                   reason_of(entry)});
  }
  return out;
}

}  // namespace

std::string_view revocation_reason_text(RevocationReason reason) {
  for (const ReasonRow& row : kReasons)
    if (row.reason == reason) return row.text;
  return "unspecified";
}

core::Result<RevocationReason> parse_revocation_reason(std::string_view text) {
  for (const ReasonRow& row : kReasons)
    if (row.text == text) return row.reason;
  return core::fail(core::Code::usage, fmt::format("'{}' is not a reason for a revocation", text),
                    "one of unspecified, key-compromise, ca-compromise, affiliation-changed, "
                    "superseded, cessation-of-operation, privilege-withdrawn");
}

core::Result<Crl> parse_crl(core::ByteView der) {
  const unsigned char* at = der.data();
  const X509CrlPtr list(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (!list)
    return core::fail(openssl_error(core::Code::malformed, "this is not a revocation list"));
  Crl out;
  out.der = core::to_bytes(der);
  out.issuer = name_text(X509_CRL_get_issuer(list.get()));
  out.this_update = instant_of(X509_CRL_get0_lastUpdate(list.get())).value_or(core::Instant());
  out.next_update = instant_of(X509_CRL_get0_nextUpdate(list.get()));
  const AuthorityKeyIdPtr key_id(static_cast<AUTHORITY_KEYID*>(
      X509_CRL_get_ext_d2i(list.get(), NID_authority_key_identifier, nullptr, nullptr)));
  if (key_id) out.authority_key_id = hex_of(key_id->keyid);
  const IntegerPtr number(static_cast<ASN1_INTEGER*>(
      X509_CRL_get_ext_d2i(list.get(), NID_crl_number, nullptr, nullptr)));
  out.number = hex_of(number.get());
  out.revoked = revoked_in(list.get());
  drain_errors();
  return out;
}

core::Result<std::vector<Crl>> parse_crls(std::string_view pem_or_der) {
  std::vector<Crl> found;
  if (!looks_like_pem(pem_or_der)) {
    found.push_back(WXSEC_TRY(parse_crl(core::as_bytes(pem_or_der))));
    return found;
  }
  for (const PemBlock& block : WXSEC_TRY(parse_pem(pem_or_der)))
    if (block.label == "X509 CRL") found.push_back(WXSEC_TRY(parse_crl(block.der)));
  if (found.empty())
    return core::fail(core::Code::not_found, "no revocation list in it",
                      "a revocation list starts with -----BEGIN X509 CRL-----");
  return found;
}

std::string to_pem(const Crl& crl) { return encode_pem("X509 CRL", crl.der); }

}  // namespace wxsec::pki
