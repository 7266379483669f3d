#include "lib/pki/raw_certificate.h"

#include <fmt/core.h>

#include <algorithm>

#include "lib/pki/der_reader.h"

namespace wxsec::pki {
namespace {

bool read_name(DerReader name, std::vector<RawAttribute>& out) {
  while (name.ok() && !name.empty()) {
    DerReader relative = name.open(kSet);
    while (relative.ok() && !relative.empty()) {
      DerReader pair = relative.open(kSequence);
      RawAttribute attribute;
      attribute.type = dotted(pair.get(kObjectId).content);
      const DerValue value = pair.any();
      attribute.tag = value.tag;
      attribute.value = value.content;
      if (!pair.finished()) return false;
      out.push_back(std::move(attribute));
    }
    if (!relative.ok()) return false;
  }
  return name.ok();
}

RawTime read_time(DerReader& validity) {
  const DerValue value = validity.any();
  return {value.tag, core::as_text(value.content)};
}

bool read_key(DerReader info, RawCertificate& out) {
  DerReader algorithm = info.open(kSequence);
  out.key_algorithm = dotted(algorithm.get(kObjectId).content);
  if (!algorithm.empty()) {
    const DerValue parameters = algorithm.any();
    if (parameters.tag == kObjectId) out.key_parameters = dotted(parameters.content);
  }
  const core::ByteView bits = info.get(kBitString).content;
  if (!info.finished() || bits.empty()) return false;
  constexpr std::string_view kRsa = "1.2.840.113549.1.1.1";
  if (out.key_algorithm != kRsa) return true;
  DerReader outer(bits.subspan(1));
  DerReader numbers = outer.open(kSequence);
  numbers.get(kInteger);
  out.rsa_exponent = numbers.get(kInteger).content;
  return true;
}

bool read_extensions(DerReader list, RawCertificate& out) {
  while (list.ok() && !list.empty()) {
    DerReader in = list.open(kSequence);
    RawExtension extension;
    extension.id = dotted(in.get(kObjectId).content);
    if (in.next_tag() == kBoolean) {
      const core::ByteView flag = in.get(kBoolean).content;
      extension.critical = flag.size() == 1 && flag[0] != 0;
    }
    extension.value = in.get(kOctetString).content;
    if (!in.finished()) return false;
    out.extensions.push_back(std::move(extension));
  }
  return list.ok();
}

}  // namespace

std::string dotted(core::ByteView object_id) {
  if (object_id.empty() || (object_id.back() & 0x80U) != 0) return {};
  std::string text;
  std::uint64_t number = 0;
  for (const std::uint8_t byte : object_id) {
    if (number > (UINT64_MAX >> 8)) return {};
    number = number << 7 | (byte & 0x7FU);
    if ((byte & 0x80U) != 0) continue;
    if (text.empty()) {
      const std::uint64_t first = std::min<std::uint64_t>(number / 40, 2);
      text = fmt::format("{}.{}", first, number - first * 40);
    } else {
      text += fmt::format(".{}", number);
    }
    number = 0;
  }
  return text;
}

std::optional<RawCertificate> read_raw_certificate(core::ByteView der) {
  RawCertificate out;
  DerReader outer(der);
  DerReader whole = outer.open(kSequence);
  DerReader in = whole.open(kSequence);
  out.outer_algorithm = whole.get(kSequence).whole;
  whole.get(kBitString);
  if (!outer.finished() || !whole.finished()) return std::nullopt;
  if (in.next_tag() == context_constructed(0)) in.any();
  out.serial = in.get(kInteger).content;
  out.inner_algorithm = in.get(kSequence).whole;
  if (!read_name(in.open(kSequence), out.issuer)) return std::nullopt;
  DerReader validity = in.open(kSequence);
  out.not_before = read_time(validity);
  out.not_after = read_time(validity);
  if (!validity.finished() || !read_name(in.open(kSequence), out.subject) ||
      !read_key(in.open(kSequence), out))
    return std::nullopt;
  while (in.ok() && !in.empty()) {
    const DerValue part = in.any();  // unique identifiers, or the extensions
    if (part.tag != context_constructed(3)) continue;
    DerReader tagged(part.content);
    if (!read_extensions(tagged.open(kSequence), out)) return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return out;
}

const RawExtension* RawCertificate::find(std::string_view id) const {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&](const RawExtension& one) { return one.id == id; });
  return found == extensions.end() ? nullptr : &*found;
}

std::vector<RawName> RawCertificate::names() const {
  std::vector<RawName> out;
  const RawExtension* const extension = find("2.5.29.17");
  if (extension == nullptr) return out;
  DerReader outer(extension->value);
  DerReader list = outer.open(kSequence);
  while (list.ok() && !list.empty()) {
    const DerValue name = list.any();
    if (list.ok()) out.push_back({name.tag, name.content});
  }
  return out;
}

bool RawCertificate::has_path_length() const {
  const RawExtension* const extension = find("2.5.29.19");
  if (extension == nullptr) return false;
  DerReader outer(extension->value);
  DerReader in = outer.open(kSequence);
  while (in.ok() && !in.empty())
    if (in.any().tag == kInteger) return in.ok();
  return false;
}

}  // namespace wxsec::pki
