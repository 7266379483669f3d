// The extensions that nearly every certificate has and no others, each once and in DER. See
// extensions.cpp, which writes them, for the picture.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/hex.h"
#include "lib/pki/der_reader.h"
#include "lib/pki/plain_certificate.h"

namespace wxsec::pki {
namespace {

struct Extension {
  bool critical = false;
  core::ByteView value;
};

bool read_names(const Extension& extension, Certificate& out) {
  DerReader outer(extension.value);
  DerReader list = outer.open(kSequence);
  out.names_critical = extension.critical;
  while (list.ok() && !list.empty()) {
    const DerValue name = list.any();
    std::string value(core::as_text(name.content));
    switch (name.tag) {
      case context(1): out.names.push_back({NameKind::email, std::move(value)}); break;
      case context(2): out.names.push_back({NameKind::dns, std::move(value)}); break;
      case context(6): out.names.push_back({NameKind::uri, std::move(value)}); break;
      case context(7):
        value = address_text(name.content);
        if (value.empty()) return false;
        out.names.push_back({NameKind::ip, std::move(value)});
        break;
      default: return false;
    }
  }
  return outer.finished() && list.ok() && !out.names.empty();
}

bool read_basic_constraints(const Extension& extension, Certificate& out) {
  DerReader outer(extension.value);
  DerReader in = outer.open(kSequence);
  out.has_basic_constraints = true;
  out.basic_constraints_critical = extension.critical;
  if (in.next_tag() == kBoolean && !in.empty()) {
    const core::ByteView flag = in.get(kBoolean).content;
    if (flag.size() != 1 || flag[0] != 0xFF) return false;
    out.is_ca = true;
  }
  if (out.is_ca && in.next_tag() == kInteger && !in.empty()) {
    const core::ByteView length = in.get(kInteger).content;
    if (length.size() != 1 || length[0] > 0x7F) return false;
    out.path_length = length[0];
  }
  return outer.finished() && in.finished();
}

bool read_key_usage(const Extension& extension, Certificate& out) {
  constexpr std::array<const char*, 9> kNames{
      "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
      "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly"};
  DerReader in(extension.value);
  const core::ByteView bits = in.get(kBitString).content;
  if (!in.finished() || bits.size() < 2 || bits.size() > 3 || bits[0] > 7) return false;
  if ((bits.back() & ((1U << bits[0]) - 1U)) != 0 || bits.back() == 0) return false;
  out.key_usage_critical = extension.critical;
  for (std::size_t i = 0; i < kNames.size() && 1 + i / 8 < bits.size(); ++i)
    if ((bits[1 + i / 8] & (0x80U >> (i % 8))) != 0) out.key_usage.emplace_back(kNames[i]);
  return !out.key_usage.empty();
}

const char* purpose_text(core::ByteView purpose) {
  constexpr std::array<std::uint8_t, 7> kArc{0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03};
  if (purpose.size() != 8 || !std::equal(kArc.begin(), kArc.end(), purpose.begin())) return nullptr;
  switch (purpose[7]) {  // 1.3.6.1.5.5.7.3.N
    case 1: return "serverAuth";
    case 2: return "clientAuth";
    case 3: return "codeSigning";
    case 4: return "emailProtection";
    case 8: return "timeStamping";
    case 9: return "OCSPSigning";
    default: return nullptr;
  }
}

bool read_extended_key_usage(const Extension& extension, Certificate& out) {
  DerReader outer(extension.value);
  DerReader list = outer.open(kSequence);
  while (list.ok() && !list.empty()) {
    const char* const purpose = purpose_text(list.get(kObjectId).content);
    if (purpose == nullptr) return false;
    out.extended_key_usage.emplace_back(purpose);
  }
  return outer.finished() && list.ok() && !out.extended_key_usage.empty();
}

// Address and mask, the mask's ones on its left.
std::string network_text(core::ByteView bytes) {
  if (bytes.size() != 8 && bytes.size() != 32) return {};
  unsigned prefix = 0;
  bool ended = false;
  for (const std::uint8_t part : bytes.subspan(bytes.size() / 2)) {
    for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
      const bool one = (part & bit) != 0;
      if (one && ended) return {};
      if (one) ++prefix;
      ended = ended || !one;
    }
  }
  return fmt::format("{}/{}", address_text(bytes.first(bytes.size() / 2)), prefix);
}

bool read_name_constraints(const Extension& extension, Certificate& out) {
  DerReader outer(extension.value);
  DerReader in = outer.open(kSequence);
  DerReader permitted = in.open(context_constructed(0));
  out.has_constraints = true;
  out.constraints.critical = extension.critical;
  while (permitted.ok() && !permitted.empty()) {
    DerReader subtree = permitted.open(kSequence);
    const DerValue base = subtree.any();
    if (!subtree.finished()) return false;
    if (base.tag == context(2)) {
      out.constraints.dns.emplace_back(core::as_text(base.content));
    } else {
      std::string network = base.tag == context(7) ? network_text(base.content) : std::string();
      if (network.empty()) return false;
      out.constraints.networks.push_back(std::move(network));
    }
  }
  return outer.finished() && in.finished() && permitted.ok() && !out.constraints.empty();
}

bool read_subject_key_id(const Extension& extension, Certificate& out) {
  DerReader in(extension.value);
  out.subject_key_id = core::to_hex(in.get(kOctetString).content);
  return in.finished() && !out.subject_key_id.empty();
}

bool read_authority_key_id(const Extension& extension, Certificate& out) {
  DerReader outer(extension.value);
  DerReader in = outer.open(kSequence);
  out.authority_key_id = core::to_hex(in.get(context(0)).content);
  return outer.finished() && in.finished() && !out.authority_key_id.empty();
}

// By the last byte of 2.5.29.N. Policies are only counted: nothing of them is shown.
bool read_extension(std::uint8_t id, const Extension& extension, Certificate& out) {
  switch (id) {
    case 14: return read_subject_key_id(extension, out);
    case 15: return read_key_usage(extension, out);
    case 17: return read_names(extension, out);
    case 19: return read_basic_constraints(extension, out);
    case 30: return read_name_constraints(extension, out);
    case 35: return read_authority_key_id(extension, out);
    case 37: return read_extended_key_usage(extension, out);
    default: return false;
  }
}

}  // namespace

bool read_plain_extensions(core::ByteView extensions, Certificate& out) {
  DerReader outer(extensions);
  DerReader list = outer.open(kSequence);
  std::uint64_t seen = 0;
  while (list.ok() && !list.empty()) {
    DerReader in = list.open(kSequence);
    const core::ByteView id = in.get(kObjectId).content;
    Extension extension;
    if (in.next_tag() == kBoolean) {
      const core::ByteView flag = in.get(kBoolean).content;
      extension.critical = flag.size() == 1 && flag[0] == 0xFF;
      if (!extension.critical) return false;
    }
    extension.value = in.get(kOctetString).content;
    if (!in.finished() || id.size() != 3 || id[0] != 0x55 || id[1] != 0x1D || id[2] > 63)
      return false;
    const std::uint64_t bit = std::uint64_t{1} << id[2];
    if ((seen & bit) != 0 || !read_extension(id[2], extension, out)) return false;
    seen |= bit;
  }
  return outer.finished() && list.ok();
}

}  // namespace wxsec::pki
