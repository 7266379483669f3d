// From OpenSSL's X509 to our plain struct: each field read once, with every extension that is
// missing or damaged left empty. A certificate, seen from above (RFC 5280 4.1):
//
//     Certificate
//       tbsCertificate        what the issuer vouches for
//         serial, issuer, validity, subject, subjectPublicKeyInfo
//         extensions          who may use it for what: names, key usage, purposes, authority or not
//       signatureAlgorithm
//       signature             of the issuer, over the bytes of tbsCertificate
#include <fmt/core.h>
#include <openssl/objects.h>
#include <openssl/sha.h>

#include <array>
#include <ctime>

#include "lib/core/hex.h"
#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

using BasicConstraintsPtr = Handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using BitStringPtr = Handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using ExtendedKeyUsagePtr = Handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using GeneralNamesPtr = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using NameConstraintsPtr = Handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free>;
using CrlDistPointsPtr = Handle<CRL_DIST_POINTS, CRL_DIST_POINTS_free>;
using InfoAccessPtr = Handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free>;

struct Critical {
  bool present = false;
  bool critical = false;
};

template <class Pointer>
Pointer extension(const X509* certificate, int nid, Critical& flags) {
  int critical = -1;
  void* const found = X509_get_ext_d2i(certificate, nid, &critical, nullptr);
  flags = {critical != -1, critical == 1};
  return Pointer(static_cast<typename Pointer::pointer>(found));
}
template <class Pointer>
Pointer extension(const X509* certificate, int nid) {
  Critical ignored;
  return extension<Pointer>(certificate, nid, ignored);
}

core::ByteView bytes_of(const ASN1_STRING* text) {
  if (text == nullptr) return {};
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}
std::string text_of(const ASN1_STRING* text) { return std::string(core::as_text(bytes_of(text))); }

std::string last_common_name(const X509_NAME* name) {
  std::string found;
  for (int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) {
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    found.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
  }
  return found;
}

core::Instant instant_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return {};
  return core::Instant(std::chrono::seconds(::timegm(&fields)));
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
  const std::string digits = core::to_hex(bytes_of(serial));
  const bool negative = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0;
  return (negative ? "-" : "") + (digits.empty() ? "00" : digits);
}

std::string sha256_hex(core::ByteView bytes) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return core::to_hex(digest);
}

AlternativeName alternative_name(const GENERAL_NAME* name) {
  int type = 0;
  const auto* const value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
  switch (type) {
    case GEN_DNS: return {NameKind::dns, text_of(value)};
    case GEN_URI: return {NameKind::uri, text_of(value)};
    case GEN_EMAIL: return {NameKind::email, text_of(value)};
    case GEN_IPADD: {
      std::string address = address_text(bytes_of(value));
      return {address.empty() ? NameKind::other : NameKind::ip, std::move(address)};
    }
    default: return {NameKind::other, {}};
  }
}

// 8 or 32 bytes: address and mask. RFC 5280 4.2.1.10.
std::string network_text(core::ByteView bytes) {
  if (bytes.size() != 8 && bytes.size() != 32) return {};
  unsigned prefix = 0;
  for (std::uint8_t part : bytes.subspan(bytes.size() / 2))
    for (; (part & 0x80U) != 0; part = static_cast<std::uint8_t>(part << 1)) ++prefix;
  return fmt::format("{}/{}", address_text(bytes.first(bytes.size() / 2)), prefix);
}

void read_constraints(const X509* in, Certificate& out) {
  Critical flags;
  const auto found = extension<NameConstraintsPtr>(in, NID_name_constraints, flags);
  out.has_constraints = flags.present;
  out.constraints.critical = flags.critical;
  if (!found) return;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(found->permittedSubtrees); ++i) {
    const GENERAL_NAME* const base = sk_GENERAL_SUBTREE_value(found->permittedSubtrees, i)->base;
    if (base->type == GEN_DNS) out.constraints.dns.push_back(text_of(base->d.dNSName));
    if (base->type == GEN_IPADD)
      out.constraints.networks.push_back(network_text(bytes_of(base->d.iPAddress)));
  }
}

void read_names(const X509* in, Certificate& out) {
  Critical flags;
  const auto names = extension<GeneralNamesPtr>(in, NID_subject_alt_name, flags);
  out.names_critical = flags.critical;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i)
    out.names.push_back(alternative_name(sk_GENERAL_NAME_value(names.get(), i)));
}

void read_basic_constraints(const X509* in, Certificate& out) {
  Critical flags;
  const auto found = extension<BasicConstraintsPtr>(in, NID_basic_constraints, flags);
  out.has_basic_constraints = flags.present;
  out.basic_constraints_critical = flags.critical;
  if (!found) return;
  out.is_ca = found->ca != 0;
  if (found->pathlen != nullptr) out.path_length = ASN1_INTEGER_get(found->pathlen);
}

void read_key_usage(const X509* in, Certificate& out) {
  constexpr std::array<const char*, 9> kNames{
      "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
      "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};
  Critical flags;
  const auto bits = extension<BitStringPtr>(in, NID_key_usage, flags);
  out.key_usage_critical = flags.critical;
  if (!bits) return;
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (ASN1_BIT_STRING_get_bit(bits.get(), static_cast<int>(i)) != 0)
      out.key_usage.emplace_back(kNames[i]);
}

std::string purpose_text(const ASN1_OBJECT* purpose) {
  switch (OBJ_obj2nid(purpose)) {
    case NID_server_auth: return "serverAuth";
    case NID_client_auth: return "clientAuth";
    case NID_code_sign: return "codeSigning";
    case NID_email_protect: return "emailProtection";
    case NID_time_stamp: return "timeStamping";
    case NID_OCSP_sign: return "OCSPSigning";
    case NID_anyExtendedKeyUsage: return "anyExtendedKeyUsage";
    default: break;
  }
  std::array<char, 80> dotted{};
  OBJ_obj2txt(dotted.data(), static_cast<int>(dotted.size()), purpose, 1);
  return dotted.data();
}

void read_extended_key_usage(const X509* in, Certificate& out) {
  const auto purposes = extension<ExtendedKeyUsagePtr>(in, NID_ext_key_usage);
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i)
    out.extended_key_usage.push_back(purpose_text(sk_ASN1_OBJECT_value(purposes.get(), i)));
}

void read_urls(const X509* in, Certificate& out) {
  const auto points = extension<CrlDistPointsPtr>(in, NID_crl_distribution_points);
  for (int i = 0; i < sk_DIST_POINT_num(points.get()); ++i) {
    const DIST_POINT_NAME* const name = sk_DIST_POINT_value(points.get(), i)->distpoint;
    if (name == nullptr || name->type != 0) continue;
    for (int k = 0; k < sk_GENERAL_NAME_num(name->name.fullname); ++k)
      out.crl_urls.push_back(alternative_name(sk_GENERAL_NAME_value(name->name.fullname, k)).value);
  }
  const auto access = extension<InfoAccessPtr>(in, NID_info_access);
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const ACCESS_DESCRIPTION* const entry = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(entry->method) == NID_ad_OCSP)
      out.ocsp_urls.push_back(alternative_name(entry->location).value);
  }
}

void read_extensions(X509* in, Certificate& out) {
  read_names(in, out);
  read_basic_constraints(in, out);
  read_key_usage(in, out);
  read_extended_key_usage(in, out);
  read_constraints(in, out);
  read_urls(in, out);
  out.subject_key_id = core::to_hex(bytes_of(X509_get0_subject_key_id(in)));
  out.authority_key_id = core::to_hex(bytes_of(X509_get0_authority_key_id(in)));
}

void read_key(const X509* in, Certificate& out) {
  X509_PUBKEY* const info = X509_get_X509_PUBKEY(in);
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(info, &der);
  if (size > 0) out.public_key_sha256 = sha256_hex({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  const EVP_PKEY* const key = X509_get0_pubkey(in);
  if (key == nullptr) {
    ASN1_OBJECT* algorithm = nullptr;
    X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, info);
    out.key_algorithm = OBJ_nid2sn(OBJ_obj2nid(algorithm));
    return;
  }
  out.key_bits = EVP_PKEY_get_bits(key);
  out.key_kind = kind_of(key);
  out.key_algorithm = algorithm_text(key);
}

void read_signature(const X509* in, Certificate& out) {
  const int algorithm = X509_get_signature_nid(in);
  out.signature_algorithm = OBJ_nid2ln(algorithm);
  int digest = NID_undef;
  if (OBJ_find_sigid_algs(algorithm, &digest, nullptr) == 1 && digest != NID_undef)
    out.signature_digest = OBJ_nid2sn(digest);
}

}  // namespace

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  constexpr unsigned long kFlags =
      (ASN1_STRFLGS_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB)) |
      XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
  X509_NAME_print_ex(out.get(), name, 0, kFlags);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Certificate view_of(X509* in) {
  Certificate out;
  unsigned char* der = nullptr;
  const int size = i2d_X509(in, &der);
  if (size > 0) out.der.assign(der, der + size);
  OPENSSL_free(der);
  out.sha256 = sha256_hex(out.der);
  out.version = static_cast<int>(X509_get_version(in)) + 1;
  out.serial = serial_of(in);
  const X509_NAME* const subject = X509_get_subject_name(in);
  const X509_NAME* const issuer = X509_get_issuer_name(in);
  out.subject = name_text(subject);
  out.issuer = name_text(issuer);
  out.common_name = last_common_name(subject);
  out.issuer_common_name = last_common_name(issuer);
  out.self_issued = X509_NAME_cmp(subject, issuer) == 0;
  out.not_before = instant_of(X509_get0_notBefore(in));
  out.not_after = instant_of(X509_get0_notAfter(in));
  read_key(in, out);
  read_signature(in, out);
  read_extensions(in, out);
  drain_errors();  // of extensions that did not parse: the fields are empty, that is the answer
  return out;
}

core::Result<X509Ptr> to_x509(const Certificate& certificate) {
  const unsigned char* at = certificate.der.data();
  X509Ptr parsed(d2i_X509(nullptr, &at, static_cast<long>(certificate.der.size())));
  if (!parsed) return core::fail(openssl_error(core::Code::malformed, "this is not a certificate"));
  return parsed;
}

}  // namespace wxsec::pki
