// A request, seen from above (RFC 2986 4, RFC 2985 5.4.2):
//
//     CertificationRequest
//       certificationRequestInfo    what the asker signs
//         version, subject, subjectPublicKeyInfo
//         [0] attributes            among them extensionRequest: the extensions it would like
//       signatureAlgorithm
//       signature                   by the asker's own key: the proof of possession
//
// To read the wishes, they are laid out as the certificate that would grant all of them, and viewed
// as any other certificate; that one is never signed.
#include "lib/pki/csr.h"

#include <fmt/core.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "lib/pki/der.h"
#include "lib/pki/extensions.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"
#include "lib/pki/signer.h"

namespace wxsec::pki {
namespace {

void free_extensions(STACK_OF(X509_EXTENSION) * list) {
  sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}
using ExtensionsPtr = Handle<STACK_OF(X509_EXTENSION), free_extensions>;

constexpr std::size_t kMaxRequestFile = 4 * 1024 * 1024;

bool is_request_label(std::string_view label) {
  return label == "CERTIFICATE REQUEST" || label == "NEW CERTIFICATE REQUEST";
}

// "certificatePolicies", or dotted where OpenSSL knows no name.
std::string object_text(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  std::array<char, 80> dotted{};
  OBJ_obj2txt(dotted.data(), static_cast<int>(dotted.size()), object, 1);
  return dotted.data();
}

// Those that have a field of their own, and the key's identifier, which the issuer computes.
bool is_read_elsewhere(int nid) {
  return nid == NID_subject_alt_name || nid == NID_basic_constraints || nid == NID_key_usage ||
         nid == NID_ext_key_usage || nid == NID_subject_key_identifier;
}

Certificate granted(X509_REQ* request, const STACK_OF(X509_EXTENSION) * wishes) {
  const X509Ptr laid_out(X509_new());
  X509_set_subject_name(laid_out.get(), X509_REQ_get_subject_name(request));
  if (EVP_PKEY* const key = X509_REQ_get0_pubkey(request); key != nullptr)
    X509_set_pubkey(laid_out.get(), key);
  for (int i = 0; i < sk_X509_EXTENSION_num(wishes); ++i)
    X509_add_ext(laid_out.get(), sk_X509_EXTENSION_value(wishes, i), -1);
  return view_of(laid_out.get());
}

void read_wishes(X509_REQ* request, Csr& out) {
  const ExtensionsPtr wishes(X509_REQ_get_extensions(request));
  Certificate all = granted(request, wishes.get());
  out.common_name = std::move(all.common_name);
  out.key_kind = all.key_kind;
  out.key_algorithm = std::move(all.key_algorithm);
  out.key_bits = all.key_bits;
  out.names = std::move(all.names);
  out.asks_for_ca = all.is_ca;
  out.key_usage = std::move(all.key_usage);
  out.extended_key_usage = std::move(all.extended_key_usage);
  for (int i = 0; i < sk_X509_EXTENSION_num(wishes.get()); ++i) {
    const ASN1_OBJECT* const object =
        X509_EXTENSION_get_object(sk_X509_EXTENSION_value(wishes.get(), i));
    if (!is_read_elsewhere(OBJ_obj2nid(object)))
      out.other_extensions.push_back(object_text(object));
  }
}

core::Bytes public_key_of(X509_REQ* request) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &der);
  core::Bytes out;
  if (size > 0) out.assign(der, der + size);
  OPENSSL_free(der);
  return out;
}

// RFC 2986 4.2: the signature is by the key that the request is about.
bool proves_possession(X509_REQ* request) {
  EVP_PKEY* const key = X509_REQ_get0_pubkey(request);
  return key != nullptr && X509_REQ_verify(request, key) == 1;
}

// SEQUENCE { extensionRequest, SET { Extensions } }: 1.2.840.113549.1.9.14.
core::Result<void> write_extension_request(DerWriter& out, const CertificateSpec& spec) {
  const auto attribute = out.open(kSequence);
  out.object_id({0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E});
  const auto values = out.open(kSet);
  const auto extensions = out.open(kSequence);
  WXSEC_TRY(write_alternative_names(out, spec));
  out.close(extensions);
  out.close(values);
  out.close(attribute);
  return {};
}

}  // namespace

core::Result<Csr> parse_csr(core::ByteView der) {
  const unsigned char* at = der.data();
  const X509ReqPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request)
    return core::fail(
        openssl_error(core::Code::malformed, "this is not a certificate signing request"));
  if (at != der.data() + der.size())
    return core::fail(core::Code::malformed,
                      fmt::format("{} surplus bytes behind the request",
                                  static_cast<std::size_t>(der.data() + der.size() - at)));
  Csr out;
  out.der = core::to_bytes(der);
  out.subject = name_text(X509_REQ_get_subject_name(request.get()));
  out.public_key = public_key_of(request.get());
  out.signature_algorithm = OBJ_nid2ln(X509_REQ_get_signature_nid(request.get()));
  out.proves_possession = proves_possession(request.get());
  read_wishes(request.get(), out);
  drain_errors();  // of wishes that do not parse: they are not granted
  return out;
}

core::Result<Csr> parse_csr_text(std::string_view pem_or_der) {
  if (!looks_like_pem(pem_or_der)) return parse_csr(core::as_bytes(pem_or_der));
  for (const PemBlock& block : WXSEC_TRY(parse_pem(pem_or_der)))
    if (is_request_label(block.label)) return parse_csr(block.der);
  return core::fail(core::Code::not_found, "no certificate signing request in it",
                    "a request starts with -----BEGIN CERTIFICATE REQUEST-----");
}

core::Result<Csr> load_csr(const core::Path& path) {
  const std::string text = WXSEC_TRY(core::read_file(path, kMaxRequestFile));
  auto request = parse_csr_text(text);
  if (!request) return core::fail(core::with_context(request.error(), path.string()));
  return request;
}

core::Result<core::Bytes> make_csr(const Key& key, std::string_view common_name,
                                   const std::vector<AlternativeName>& names) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.names = names;
  DerWriter out;
  const auto info = out.open(kSequence);
  out.integer(0);
  WXSEC_TRY(write_name(out, spec));
  out.raw(key.public_key());
  const auto attributes = out.open(context_constructed(0));
  if (!names.empty()) WXSEC_TRY(write_extension_request(out, spec));
  out.close(attributes);
  out.close(info);
  const Signer signer = WXSEC_TRY(Signer::create(key, Digest::sha256));
  return signer.envelope(out.view());
}

std::string key_text(const Csr& csr) {
  Certificate as_certificate;
  as_certificate.key_kind = csr.key_kind;
  as_certificate.key_algorithm = csr.key_algorithm;
  as_certificate.key_bits = csr.key_bits;
  return key_text(as_certificate);
}

}  // namespace wxsec::pki
