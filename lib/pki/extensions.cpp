// What strict verifiers want to see in a version 3 certificate, each as
//
//     Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE,
//                              extnValue OCTET STRING }       -- the value's own DER inside
//
// "critical" means: who does not understand this must refuse the certificate. It is set where
// ignoring the extension would give away power: basic constraints (is it an authority), key usage,
// name constraints, and the names themselves where the subject is empty.
#include "lib/pki/extensions.h"

#include <fmt/core.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "lib/core/escape.h"
#include "lib/core/number.h"
#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

// Last byte of 2.5.29.N, the arc of certificate extensions.
enum class Id : std::uint8_t {
  subject_key_id = 14,
  key_usage = 15,
  alternative_name = 17,
  basic_constraints = 19,
  name_constraints = 30,
  authority_key_id = 35,
  extended_key_usage = 37
};
enum class Critical { no, yes };

// Opens an extension up to its value, and closes it when it goes.
class Extension {
 public:
  Extension(DerWriter& out, Id id, Critical critical) : out_(out), whole_(out.open(kSequence)) {
    out.object_id({0x55, 0x1D, static_cast<std::uint8_t>(id)});
    if (critical == Critical::yes) out.boolean_true();
    value_ = out.open(kOctetString);
  }
  Extension(const Extension&) = delete;
  Extension& operator=(const Extension&) = delete;
  ~Extension() {
    out_.close(value_);
    out_.close(whole_);
  }

 private:
  DerWriter& out_;
  DerWriter::Mark whole_;
  DerWriter::Mark value_ = 0;
};

// Code points, or nothing if this is no UTF-8 or holds control characters.
bool is_clean_utf8(std::string_view text, std::size_t max_characters) {
  // A backslash is the one clean character that the escaper changes.
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), '\\'), plain.end());
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  return core::escape_terminal(plain) == plain &&
         static_cast<std::size_t>(characters) <= max_characters;
}

core::Result<void> write_attribute(DerWriter& out, std::uint8_t type, std::string_view text) {
  if (text.empty()) return {};
  if (!is_clean_utf8(text, 64))
    return core::fail(core::Code::usage,
                      fmt::format("'{}' cannot be a name in a certificate",
                                  core::escape_terminal(text.substr(0, 80))),
                      "use at most 64 printable characters");
  const auto relative = out.open(kSet);
  const auto pair = out.open(kSequence);
  out.object_id({0x55, 0x04, type});  // 2.5.4.N
  out.value(kUtf8String, text);
  out.close(pair);
  out.close(relative);
  return {};
}

// RFC 5280 4.2.1.6: the choice's tag is the kind.
core::Result<void> write_general_name(DerWriter& out, const AlternativeName& name) {
  switch (name.kind) {
    case NameKind::email: out.value(context(1), name.value); return {};
    case NameKind::dns: out.value(context(2), name.value); return {};
    case NameKind::uri: out.value(context(6), name.value); return {};
    case NameKind::ip:
      if (const core::Bytes address = address_bytes(name.value); !address.empty()) {
        out.value(context(7), address);
        return {};
      }
      break;
    case NameKind::other: break;
  }
  return core::fail(core::Code::usage, fmt::format("cannot put the name '{}' into a certificate",
                                                   core::escape_terminal(to_text(name))));
}

void write_basic_constraints(DerWriter& out, const CertificateSpec& spec) {
  const Extension extension(out, Id::basic_constraints, Critical::yes);
  const auto sequence = out.open(kSequence);
  if (spec.is_ca) out.boolean_true();
  if (spec.is_ca && spec.path_length)
    out.integer(static_cast<std::uint64_t>(std::max(0L, *spec.path_length)));
  out.close(sequence);
}

// rsaEncryption's identifier inside the SubjectPublicKeyInfo: 1.2.840.113549.1.1.1.
bool is_rsa(core::ByteView public_key) {
  constexpr std::array<std::uint8_t, 11> kRsa{0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                              0xF7, 0x0D, 0x01, 0x01, 0x01};
  const auto head = public_key.first(std::min<std::size_t>(public_key.size(), 24));
  return std::search(head.begin(), head.end(), kRsa.begin(), kRsa.end()) != head.end();
}

// BIT STRING: number of unused bits, then the bits from the left (RFC 5280 4.2.1.3).
void write_key_usage(DerWriter& out, const CertificateSpec& spec, core::ByteView public_key) {
  const Extension extension(out, Id::key_usage, Critical::yes);
  const auto bits = out.open(kBitString);
  if (spec.is_ca) {  // keyCertSign (5), cRLSign (6); a leaf that claims to be a CA still signs
    out.byte(1);
    out.byte(spec.server || spec.client ? 0x86 : 0x06);
  } else if (spec.server && is_rsa(public_key)) {  // digitalSignature (0), keyEncipherment (2)
    out.byte(5);
    out.byte(0xA0);
  } else {
    out.byte(7);
    out.byte(0x80);
  }
  out.close(bits);
}

void write_extended_key_usage(DerWriter& out, const CertificateSpec& spec) {
  if (!spec.server && !spec.client) return;
  const Extension extension(out, Id::extended_key_usage, Critical::no);
  const auto list = out.open(kSequence);  // 1.3.6.1.5.5.7.3.{1,2}
  if (spec.server) out.object_id({0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01});
  if (spec.client) out.object_id({0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02});
  out.close(list);
}

core::Result<core::Bytes> address_and_mask(std::string_view network) {
  const std::size_t slash = network.find('/');
  core::Bytes bytes = address_bytes(network.substr(0, slash));
  const auto bits = static_cast<unsigned>(bytes.size() * 8);
  const auto prefix = slash == std::string_view::npos
                          ? std::optional<unsigned>(bits)
                          : core::parse_number<unsigned>(network.substr(slash + 1), 0, bits);
  if (bytes.empty() || !prefix)
    return core::fail(core::Code::usage, fmt::format("'{}' is not a network", network),
                      "write an address, or one with a prefix: 192.168.7.0/24");
  for (unsigned bit = 0; bit < bits; bit += 8) {
    const unsigned set = *prefix > bit ? std::min(8U, *prefix - bit) : 0U;
    bytes.push_back(static_cast<std::uint8_t>(0xFF00U >> set & 0xFFU));
  }
  return bytes;
}

core::Result<void> write_name_constraints(DerWriter& out, const NameConstraints& constraints) {
  if (constraints.empty()) return {};
  const Extension extension(out, Id::name_constraints,
                            constraints.critical ? Critical::yes : Critical::no);
  const auto sequence = out.open(kSequence);
  const auto permitted = out.open(context_constructed(0));
  const auto subtree = [&](std::uint8_t tag, core::ByteView base) {
    const auto entry = out.open(kSequence);
    out.value(tag, base);
    out.close(entry);
  };
  for (const std::string& domain : constraints.dns) subtree(context(2), core::as_bytes(domain));
  for (const std::string& network : constraints.networks)
    subtree(context(7), WXSEC_TRY(address_and_mask(network)));
  out.close(permitted);
  out.close(sequence);
  return {};
}

// RFC 8737 3: what a server shows to prove an ACME tls-alpn-01 challenge, and nobody else may
// accept.
void write_acme_identifier(DerWriter& out, core::ByteView digest) {
  if (digest.empty()) return;
  const auto extension = out.open(kSequence);
  out.object_id({0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x1F});  // 1.3.6.1.5.5.7.1.31
  out.boolean_true();
  const auto value = out.open(kOctetString);
  out.value(kOctetString, digest);
  out.close(value);
  out.close(extension);
}

void write_subject_key_id(DerWriter& out, core::ByteView public_key) {
  const Extension extension(out, Id::subject_key_id, Critical::no);
  out.value(kOctetString, key_id_of(public_key));
}

}  // namespace

core::Result<void> write_alternative_names(DerWriter& out, const CertificateSpec& spec) {
  if (spec.names.empty()) return {};
  const bool no_subject = spec.common_name.empty() && spec.organization.empty();
  const Extension extension(out, Id::alternative_name, no_subject ? Critical::yes : Critical::no);
  const auto list = out.open(kSequence);
  for (const AlternativeName& name : spec.names) WXSEC_TRY(write_general_name(out, name));
  out.close(list);
  return {};
}

core::Result<void> write_name(DerWriter& out, const CertificateSpec& spec) {
  const auto name = out.open(kSequence);
  WXSEC_TRY(write_attribute(out, 10, spec.organization));
  WXSEC_TRY(write_attribute(out, 3, spec.common_name));
  out.close(name);
  return {};
}

core::Bytes key_id_of(core::ByteView public_key) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(public_key.data(), public_key.size(), digest.data());
  return {digest.begin(), digest.begin() + 20};
}

void write_authority_key_id(DerWriter& out, core::ByteView key_id) {
  if (key_id.empty()) return;
  const Extension extension(out, Id::authority_key_id, Critical::no);
  const auto sequence = out.open(kSequence);
  out.value(context(0), key_id);
  out.close(sequence);
}

core::Result<void> write_extensions(DerWriter& out, const CertificateSpec& spec,
                                    core::ByteView public_key, core::ByteView authority_key_id) {
  const auto list = out.open(kSequence);
  write_basic_constraints(out, spec);
  write_key_usage(out, spec, public_key);
  write_extended_key_usage(out, spec);
  WXSEC_TRY(write_alternative_names(out, spec));
  WXSEC_TRY(write_name_constraints(out, spec.constraints));
  write_subject_key_id(out, public_key);
  write_authority_key_id(out, authority_key_id);
  write_acme_identifier(out, spec.acme_identifier);
  out.close(list);
  return {};
}

}  // namespace wxsec::pki
