#include "lib/pki/plain_certificate.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "lib/core/hex.h"
#include "lib/pki/der_reader.h"
#include "lib/pki/openssl_ptr.h"

namespace wxsec::pki {
namespace {

using GroupPtr = Handle<EC_GROUP, EC_GROUP_free>;
using PointPtr = Handle<EC_POINT, EC_POINT_free>;

bool equal(core::ByteView a, core::ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// --- names: RDNs of one attribute each, in characters that need no escape ------------------------

std::string_view attribute_text(core::ByteView type) {  // 2.5.4.N
  if (type.size() != 3 || type[0] != 0x55 || type[1] != 0x04) return {};
  switch (type[2]) {
    case 3: return "CN";
    case 6: return "C";
    case 7: return "L";
    case 8: return "ST";
    case 10: return "O";
    case 11: return "OU";
    default: return {};
  }
}

bool is_plain_character(char c) {
  constexpr std::string_view kOthers = "-._:/()*@ '";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

// Blanks at an end are escaped and doubled ones compare as one: both are left to OpenSSL.
bool is_plain_text(std::string_view text) {
  return !text.empty() && text.front() != ' ' && text.back() != ' ' &&
         text.find("  ") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_plain_character);
}

bool read_attribute(DerReader& name, std::string& text, std::string& common_name) {
  constexpr std::uint8_t kPrintableString = 0x13;
  DerReader relative = name.open(kSet);
  DerReader pair = relative.open(kSequence);
  const std::string_view type = attribute_text(pair.get(kObjectId).content);
  const DerValue value = pair.any();
  const std::string_view content = core::as_text(value.content);
  if (!pair.finished() || !relative.finished() || type.empty() || !is_plain_text(content) ||
      (value.tag != kUtf8String && value.tag != kPrintableString))
    return false;
  if (!text.empty()) text += ", ";
  text.append(type).append("=").append(content);
  if (type == "CN") common_name = content;
  return true;
}

bool read_name(core::ByteView der, std::string& text, std::string& common_name) {
  DerReader outer(der);
  DerReader name = outer.open(kSequence);
  while (name.ok() && !name.empty())
    if (!read_attribute(name, text, common_name)) return false;
  return name.ok();
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool read_names(const SignedParts& parts, Certificate& out) {
  if (!read_name(parts.subject, out.subject, out.common_name) ||
      !read_name(parts.issuer, out.issuer, out.issuer_common_name))
    return false;
  out.self_issued = equal(parts.subject, parts.issuer);
  return out.self_issued || !equal_but_for_case(out.subject, out.issuer);
}

// --- validity ----------------------------------------------------------------------------------

std::optional<core::Instant> read_time(core::ByteView der) {
  namespace chr = std::chrono;
  DerReader in(der);
  const DerValue value = in.any();
  const std::string_view text = core::as_text(value.content);
  const bool utc = value.tag == kUtcTime;
  if (text.size() != (utc ? 13U : 15U) || (!utc && value.tag != kGeneralizedTime) ||
      text.back() != 'Z' ||
      !std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::size_t at = 0;
  const auto two = [&] {
    at += 2;
    return (text[at - 2] - '0') * 10 + (text[at - 1] - '0');
  };
  int year = two();
  year = utc ? year + (year < 50 ? 2000 : 1900) : year * 100 + two();  // RFC 5280 4.1.2.5.1
  const auto month = chr::month(static_cast<unsigned>(two()));
  const chr::year_month_day date{chr::year(year), month, chr::day(static_cast<unsigned>(two()))};
  const int hour = two();
  const int minute = two();
  const int second = two();
  if (!date.ok() || hour > 23 || minute > 59 || second > 59 || year < 1900) return std::nullopt;
  return core::Instant(chr::sys_days(date)) + chr::hours(hour) + chr::minutes(minute) +
         chr::seconds(second);
}

// --- public key and signature algorithm ---------------------------------------------------------

constexpr std::array<std::uint8_t, 26> kP256{0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                             0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                             0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
constexpr std::array<std::uint8_t, 23> kP384{0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86,
                                             0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B,
                                             0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};
constexpr std::array<std::uint8_t, 12> kEd25519{0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                                0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::array<std::uint8_t, 15> kRsa{0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                            0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};

bool starts_with(core::ByteView bytes, core::ByteView head) {
  return bytes.size() >= head.size() && equal(bytes.first(head.size()), head);
}

// A group costs more to set up than all the rest: one per thread, since its use writes into it.
bool is_on_curve(int curve, core::ByteView point) {
  thread_local const GroupPtr p256(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  thread_local const GroupPtr p384(EC_GROUP_new_by_curve_name(NID_secp384r1));
  const EC_GROUP* const group = curve == NID_secp384r1 ? p384.get() : p256.get();
  const PointPtr parsed(EC_POINT_new(group));
  const bool good =
      parsed && EC_POINT_oct2point(group, parsed.get(), point.data(), point.size(), nullptr) == 1;
  if (!good) drain_errors();
  return good;
}

bool read_curve_key(core::ByteView point, std::size_t size, int curve, Certificate& out) {
  if (point.size() != size || point[0] != 0x04 || !is_on_curve(curve, point)) return false;
  const bool small = curve == NID_X9_62_prime256v1;
  out.key_kind = small ? KeyKind::ec_p256 : KeyKind::ec_p384;
  out.key_algorithm = small ? "P-256" : "P-384";
  out.key_bits = small ? 256 : 384;
  return true;
}

// RFC 8017 A.1.1: SEQUENCE { modulus, publicExponent }.
bool read_rsa_key(core::ByteView public_key, Certificate& out) {
  DerReader outer(public_key);
  DerReader info = outer.open(kSequence);
  if (!equal(info.get(kSequence).whole, kRsa)) return false;
  const core::ByteView bits = info.get(kBitString).content;
  if (!info.finished() || bits.empty() || bits[0] != 0) return false;
  DerReader inner(bits.subspan(1));
  DerReader numbers = inner.open(kSequence);
  const core::ByteView modulus = numbers.get(kInteger).content;
  const core::ByteView exponent = numbers.get(kInteger).content;
  if (!numbers.finished() || !inner.finished() || modulus.size() < 129 || modulus.size() > 1025 ||
      modulus[0] != 0 || modulus[1] < 0x80 || (modulus.back() & 1U) == 0 || exponent.empty() ||
      exponent.size() > 8 || exponent[0] == 0 || exponent[0] > 0x7F || (exponent.back() & 1U) == 0)
    return false;
  out.key_kind = KeyKind::rsa;
  out.key_algorithm = "RSA";
  out.key_bits = static_cast<int>((modulus.size() - 1) * 8);
  return true;
}

bool read_key(core::ByteView key, Certificate& out) {
  if (starts_with(key, kP256))
    return read_curve_key(key.subspan(kP256.size()), 65, NID_X9_62_prime256v1, out);
  if (starts_with(key, kP384))
    return read_curve_key(key.subspan(kP384.size()), 97, NID_secp384r1, out);
  if (!starts_with(key, kEd25519)) return read_rsa_key(key, out);
  if (key.size() != kEd25519.size() + 32) return false;
  out.key_kind = KeyKind::ed25519;
  out.key_algorithm = "Ed25519";
  out.key_bits = 256;
  return true;
}

struct AlgorithmRow {
  std::initializer_list<std::uint8_t> der;
  const char* name;
  const char* digest;
};

bool read_algorithm(core::ByteView der, Certificate& out) {
  static constexpr std::array<AlgorithmRow, 4> kRows{{
      {{0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02},
       "ecdsa-with-SHA256",
       "SHA256"},
      {{0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03},
       "ecdsa-with-SHA384",
       "SHA384"},
      {{0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70}, "ED25519", ""},
      {{0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00},
       "sha256WithRSAEncryption",
       "SHA256"},
  }};
  for (const AlgorithmRow& row : kRows) {
    if (!equal(der, {row.der.begin(), row.der.size()})) continue;
    out.signature_algorithm = row.name;
    out.signature_digest = row.digest;
    return true;
  }
  return false;
}

// Positive and in its shortest form; the zero byte before a set top bit is not shown.
bool read_serial(core::ByteView serial, Certificate& out) {
  if (serial.empty() || serial.size() > 21 || serial[0] > 0x7F) return false;
  if (serial[0] == 0) {
    if (serial.size() < 2 || serial[1] < 0x80) return false;
    serial = serial.subspan(1);
  }
  out.serial = core::to_hex(serial);
  return true;
}

std::string sha256_hex(core::ByteView bytes) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return core::to_hex(digest);
}

}  // namespace

std::optional<SignedParts> split_certificate(core::ByteView der) {
  constexpr std::array<std::uint8_t, 5> kVersion3{0xA0, 0x03, 0x02, 0x01, 0x02};
  SignedParts parts;
  DerReader outer(der);
  DerReader whole = outer.open(kSequence);
  const DerValue body = whole.get(kSequence);
  parts.body = body.whole;
  parts.algorithm = whole.get(kSequence).whole;
  const core::ByteView signature = whole.get(kBitString).content;
  if (!outer.finished() || !whole.finished() || signature.empty() || signature[0] != 0)
    return std::nullopt;
  parts.signature = signature.subspan(1);
  DerReader in(body.content);
  if (!equal(in.get(context_constructed(0)).whole, kVersion3)) return std::nullopt;
  parts.serial = in.get(kInteger).content;
  if (!equal(in.get(kSequence).whole, parts.algorithm)) return std::nullopt;
  parts.issuer = in.get(kSequence).whole;
  DerReader validity = in.open(kSequence);
  parts.not_before = validity.any().whole;
  parts.not_after = validity.any().whole;
  parts.subject = in.get(kSequence).whole;
  parts.public_key = in.get(kSequence).whole;
  parts.extensions = in.get(context_constructed(3)).content;
  if (!in.finished() || !validity.finished()) return std::nullopt;
  return parts;
}

std::optional<Certificate> read_plain_certificate(core::ByteView der) {
  const auto parts = split_certificate(der);
  if (!parts) return std::nullopt;
  Certificate out;
  out.constraints.critical = false;  // until there are some
  const auto not_before = read_time(parts->not_before);
  const auto not_after = read_time(parts->not_after);
  if (!not_before || !not_after || !read_serial(parts->serial, out) || !read_names(*parts, out) ||
      !read_algorithm(parts->algorithm, out) || !read_key(parts->public_key, out) ||
      !read_plain_extensions(parts->extensions, out))
    return std::nullopt;
  out.not_before = *not_before;
  out.not_after = *not_after;
  out.der = core::to_bytes(der);
  out.sha256 = sha256_hex(der);
  out.public_key_sha256 = sha256_hex(parts->public_key);
  return out;
}

}  // namespace wxsec::pki
