// A certificate is put together byte by byte here rather than by OpenSSL's X509_set_* calls: the
// encoding is short (see extensions.cpp for its longest part), it can make certificates that are
// wrong on purpose, and it is three times as fast, which matters to a fleet of ten thousand. Only
// the hash and the signature are OpenSSL's.
//
//     TBSCertificate ::= SEQUENCE {                         -- RFC 5280 4.1
//       [0] version 2, serialNumber, signature, issuer, validity { notBefore, notAfter },
//       subject, subjectPublicKeyInfo, [3] extensions }
#include "lib/pki/issue.h"

#include <openssl/rand.h>

#include <array>

#include "lib/core/hex.h"
#include "lib/pki/der.h"
#include "lib/pki/extensions.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/plain_certificate.h"
#include "lib/pki/signer.h"

namespace wxsec::pki {
namespace {

// 127 random bits, the highest always one so that every serial has the same length.
core::Result<void> write_serial(DerWriter& out) {
  std::array<std::uint8_t, 16> serial{};
  if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1)
    return core::fail(openssl_error(core::Code::crypto, "no random numbers for a serial"));
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7FU) | 0x40U);
  out.value(kInteger, core::ByteView(serial));
  return {};
}

void write_validity(DerWriter& out, const CertificateSpec& spec) {
  const auto validity = out.open(kSequence);
  out.time(spec.not_before);
  out.time(spec.not_after);
  out.close(validity);
}

void write_version(DerWriter& out) {
  const auto version = out.open(context_constructed(0));
  out.integer(2);  // version 3
  out.close(version);
}

struct Issuing {
  core::ByteView name;    // the issuer's subject, DER
  core::ByteView key_id;  // empty: self-signed
  const Signer& signer;
};

core::Result<core::Bytes> to_be_signed(const CertificateSpec& spec, core::ByteView public_key,
                                       const Issuing& issuing) {
  DerWriter out;
  out.reserve(1024);
  const auto whole = out.open(kSequence);
  write_version(out);
  WXSEC_TRY(write_serial(out));
  out.raw(issuing.signer.algorithm());
  out.raw(issuing.name);
  write_validity(out, spec);
  WXSEC_TRY(write_name(out, spec));
  out.raw(public_key);
  const auto extensions = out.open(context_constructed(3));
  WXSEC_TRY(write_extensions(out, spec, public_key, issuing.key_id));
  out.close(extensions);
  out.close(whole);
  return out.take();
}

core::Result<core::Bytes> subject_der(const Certificate& certificate) {
  if (const auto parts = split_certificate(certificate.der)) return core::to_bytes(parts->subject);
  const X509Ptr parsed = WXSEC_TRY(to_x509(certificate));
  unsigned char* der = nullptr;
  const int size = i2d_X509_NAME(X509_get_subject_name(parsed.get()), &der);
  core::Bytes out;
  if (size > 0) out.assign(der, der + size);
  OPENSSL_free(der);
  return out;
}

void write_revoked(DerWriter& out, const Revoked& revoked, core::ByteView serial) {
  const auto entry = out.open(kSequence);
  out.unsigned_integer(serial);
  out.time(revoked.at);
  if (revoked.reason != RevocationReason::unspecified) {  // RFC 5280 5.3.1: leave it out then
    const auto extensions = out.open(kSequence);
    const auto extension = out.open(kSequence);
    out.object_id({0x55, 0x1D, 0x15});  // 2.5.29.21 cRLReason
    const auto value = out.open(kOctetString);
    const std::array<std::uint8_t, 1> code{static_cast<std::uint8_t>(revoked.reason)};
    out.value(kEnumerated, core::ByteView(code));
    out.close(value);
    out.close(extension);
    out.close(extensions);
  }
  out.close(entry);
}

void write_crl_number(DerWriter& out, std::uint64_t number) {
  const auto extension = out.open(kSequence);
  out.object_id({0x55, 0x1D, 0x14});  // 2.5.29.20 cRLNumber
  const auto value = out.open(kOctetString);
  out.integer(number);
  out.close(value);
  out.close(extension);
}

}  // namespace

struct Issuer::State {
  Certificate certificate;
  core::Bytes name;
  core::Bytes key_id;
  Signer signer;
  Signer sha1_signer;
};

Issuer::Issuer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Issuer::Issuer(Issuer&&) noexcept = default;
Issuer& Issuer::operator=(Issuer&&) noexcept = default;
Issuer::~Issuer() = default;

const Certificate& Issuer::certificate() const { return state_->certificate; }

core::Result<Issuer> Issuer::create(const Certificate& authority, const Key& key) {
  if (!key.matches(authority))
    return core::fail(core::Code::crypto,
                      "the authority's private key does not belong to its certificate");
  Signer signer = WXSEC_TRY(Signer::create(key, Digest::sha256));
  Signer sha1 = WXSEC_TRY(Signer::create(key, Digest::sha1));
  core::Bytes name = WXSEC_TRY(subject_der(authority));
  core::Bytes key_id = WXSEC_TRY(core::from_hex(authority.subject_key_id));
  return Issuer(std::make_unique<State>(
      State{authority, std::move(name), std::move(key_id), std::move(signer), std::move(sha1)}));
}

core::Result<Issuer> Issuer::clone() const {
  Signer signer = WXSEC_TRY(state_->signer.clone());
  Signer sha1 = WXSEC_TRY(state_->sha1_signer.clone());
  return Issuer(std::make_unique<State>(State{state_->certificate, state_->name, state_->key_id,
                                              std::move(signer), std::move(sha1)}));
}

core::Result<Certificate> Issuer::self_sign(const CertificateSpec& spec, const Key& key) {
  const Signer signer = WXSEC_TRY(Signer::create(key, spec.digest));
  DerWriter name;
  WXSEC_TRY(write_name(name, spec));
  const core::Bytes body =
      WXSEC_TRY(to_be_signed(spec, key.public_key(), Issuing{name.view(), {}, signer}));
  return parse_certificate(WXSEC_TRY(signer.envelope(body)));
}

core::Result<core::Bytes> Issuer::issue_der(const CertificateSpec& spec,
                                            core::ByteView public_key) const {
  const Signer& signer = spec.digest == Digest::sha1 ? state_->sha1_signer : state_->signer;
  const core::Bytes body =
      WXSEC_TRY(to_be_signed(spec, public_key, Issuing{state_->name, state_->key_id, signer}));
  return signer.envelope(body);
}

core::Result<Certificate> Issuer::issue(const CertificateSpec& spec,
                                        core::ByteView public_key) const {
  return parse_certificate(WXSEC_TRY(issue_der(spec, public_key)));
}

core::Result<Crl> Issuer::issue_crl(const std::vector<Revoked>& revoked, std::uint64_t number,
                                    core::Instant this_update, core::Instant next_update) const {
  DerWriter out;
  const auto whole = out.open(kSequence);
  out.integer(1);  // version 2
  out.raw(state_->signer.algorithm());
  out.raw(state_->name);
  out.time(this_update);
  out.time(next_update);
  if (!revoked.empty()) {  // RFC 5280 5.1.2.6: absent rather than empty
    const auto list = out.open(kSequence);
    for (const Revoked& entry : revoked)
      write_revoked(out, entry, WXSEC_TRY(core::from_hex(entry.serial)));
    out.close(list);
  }
  const auto tagged = out.open(context_constructed(0));
  const auto extensions = out.open(kSequence);
  write_authority_key_id(out, state_->key_id);
  write_crl_number(out, number);
  out.close(extensions);
  out.close(tagged);
  out.close(whole);
  return parse_crl(WXSEC_TRY(state_->signer.envelope(out.view())));
}

}  // namespace wxsec::pki
