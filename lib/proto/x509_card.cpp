// A certificate is nested DER: tag, length, value, where a value may be more of the same.
//
//     Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }
//     TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity,
//     subject,
//                                   subjectPublicKeyInfo, ..., [3] extensions }
//
// Only these few fields are walked; a length is always turned into a reader of its own, so nothing
// inside can reach beyond it.
#include "lib/proto/x509_card.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "lib/core/hex.h"
#include "lib/wire/reader.h"

namespace wxsec::proto {
namespace {

constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kObjectId = 0x06;
constexpr std::uint8_t kUtcTime = 0x17;
constexpr std::uint8_t kGeneralizedTime = 0x18;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kSet = 0x31;

// X.690 8.1.3: one byte, or 0x80 + number of length bytes. More than four is not a certificate.
std::size_t der_length(wire::Reader& in) {
  const std::uint8_t first = in.u8();
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7FU;
  if (count == 0 || count > 4) {
    in.fail();
    return 0;
  }
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = (length << 8) | in.u8();
  return length;
}

struct Element {
  std::uint8_t tag = 0;
  core::ByteView value;
};

Element next(wire::Reader& in) {
  Element element;
  element.tag = in.u8();
  const std::size_t length = der_length(in);
  element.value = in.bytes(length);
  return element;
}

core::ByteView expect(wire::Reader& in, std::uint8_t tag) {
  const Element element = next(in);
  if (element.tag != tag) in.fail();
  return element.value;
}

// RFC 4514 3's short names, for the attributes that occur.
std::string attribute_name(core::ByteView oid) {
  if (oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x04) {  // 2.5.4.x
    switch (oid[2]) {
      case 3: return "CN";
      case 5: return "serialNumber";
      case 6: return "C";
      case 7: return "L";
      case 8: return "ST";
      case 10: return "O";
      case 11: return "OU";
      default: return "2.5.4." + std::to_string(oid[2]);
    }
  }
  return "oid-" + core::to_hex(oid);
}

// Name ::= SEQUENCE OF SET OF { type, value }. Printed in reverse, the common name first.
std::string name_text(core::ByteView name) {
  std::vector<std::string> parts;
  wire::Reader sets(name);
  while (!sets.empty() && sets.ok()) {
    wire::Reader pairs(expect(sets, kSet));
    wire::Reader pair(expect(pairs, kSequence));
    const core::ByteView oid = expect(pair, kObjectId);
    const Element value = next(pair);
    if (!pair.ok()) break;
    parts.push_back(attribute_name(oid) + '=' + std::string(core::as_text(value.value)));
  }
  std::string text;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    text += (text.empty() ? "" : ", ") + *part;
  return text;
}

int digits(std::string_view text, std::size_t at, std::size_t count, wire::Reader& in) {
  int value = 0;
  if (at + count > text.size()) {
    in.fail();
    return 0;
  }
  const char* const end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc{} || stop != end) in.fail();
  return value;
}

// RFC 5280 4.1.2.5: YYMMDDHHMMSSZ up to 2049, YYYYMMDDHHMMSSZ after.
core::Instant time_value(wire::Reader& in) {
  const Element element = next(in);
  const std::string_view text = core::as_text(element.value);
  const bool utc = element.tag == kUtcTime;
  if (!utc && element.tag != kGeneralizedTime) in.fail();
  const std::size_t at = utc ? 2 : 4;
  int year = digits(text, 0, at, in);
  if (utc) year += year < 50 ? 2000 : 1900;
  const std::chrono::year_month_day day{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(digits(text, at, 2, in))),
      std::chrono::day(static_cast<unsigned>(digits(text, at + 2, 2, in)))};
  const int hour = digits(text, at + 4, 2, in);
  const int minute = digits(text, at + 6, 2, in);
  const int second = digits(text, at + 8, 2, in);
  if (!in.ok() || !day.ok()) {
    in.fail();
    return {};
  }
  return std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

// GeneralName [2] is a DNS name, [7] an address.
void take_alternative_names(core::ByteView data, X509Card& card) {
  constexpr std::size_t kMaxNames = 64;
  wire::Reader outer(data);
  wire::Reader names(expect(outer, kSequence));
  while (!names.empty() && names.ok() && card.dns_names.size() < kMaxNames) {
    const Element name = next(names);
    if (name.tag == 0x82) card.dns_names.emplace_back(core::as_text(name.value));
  }
}

void take_extensions(wire::Reader& tbs, X509Card& card) {
  while (!tbs.empty() && tbs.ok()) {
    const Element element = next(tbs);
    if (element.tag != 0xA3) continue;
    wire::Reader explicit_tag(element.value);
    wire::Reader list(expect(explicit_tag, kSequence));
    while (!list.empty() && list.ok()) {
      wire::Reader one(expect(list, kSequence));
      const core::ByteView oid = expect(one, kObjectId);
      Element value = next(one);
      if (value.tag == 0x01) value = next(one);  // critical
      const bool alternative_name =
          oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1D && oid[2] == 17;
      if (alternative_name && one.ok()) take_alternative_names(value.value, card);
    }
  }
}

std::string serial_text(core::ByteView serial) {
  if (serial.size() > 1 && serial[0] == 0) serial = serial.subspan(1);  // sign byte
  return core::to_hex(serial.first(std::min<std::size_t>(serial.size(), 64)));
}

}  // namespace

std::optional<X509Card> read_x509_card(core::ByteView der) {
  X509Card card;
  card.size = der.size();
  wire::Reader outer(der);
  wire::Reader certificate(expect(outer, kSequence));
  wire::Reader tbs(expect(certificate, kSequence));
  if (tbs.peek() == 0xA0) next(tbs);  // version
  card.serial = serial_text(expect(tbs, kInteger));
  expect(tbs, kSequence);  // signature algorithm
  const core::ByteView issuer = expect(tbs, kSequence);
  wire::Reader validity(expect(tbs, kSequence));
  card.not_before = time_value(validity);
  card.not_after = time_value(validity);
  const core::ByteView subject = expect(tbs, kSequence);
  expect(tbs, kSequence);  // public key
  if (!outer.ok() || !certificate.ok() || !tbs.ok() || !validity.ok()) return std::nullopt;
  card.issuer = name_text(issuer);
  card.subject = name_text(subject);
  card.self_issued = std::equal(issuer.begin(), issuer.end(), subject.begin(), subject.end());
  take_extensions(tbs, card);
  return card;
}

}  // namespace wxsec::proto
