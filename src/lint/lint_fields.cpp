// Serial, dates, algorithms, key and the two names of a certificate.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "lib/core/hex.h"
#include "lib/core/time.h"
#include "src/lint/lint_subject.h"

namespace wxsec::certs {
namespace {

using std::chrono::days;

void lint_serial(const LintSubject& s) {
  core::ByteView serial = s.raw.serial;
  const std::string shown = core::to_hex(serial.first(std::min<std::size_t>(serial.size(), 24)));
  const bool negative = !serial.empty() && (serial[0] & 0x80U) != 0;
  while (!serial.empty() && serial[0] == 0) serial = serial.subspan(1);
  if (negative || serial.empty()) return s.add("serial-not-positive", shown);
  if (s.raw.serial.size() > 20) return s.add("serial-too-long", shown);
  if (serial.size() < 8 && !s.certificate.self_issued) s.add("serial-guessable", shown);
}

// Year 2050 is where the two forms meet; both end in Z and have seconds.
bool is_well_written(const pki::RawTime& time) {
  const bool utc = time.tag == 0x17;
  const std::size_t size = utc ? 13 : 15;
  if ((!utc && time.tag != 0x18) || time.text.size() != size || time.text.back() != 'Z')
    return false;
  const auto digits = time.text.substr(0, size - 1);
  const bool all =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return all && (utc || digits.substr(0, 4) >= "2050");
}

// RFC 5280 4.1.2.5: the last second belongs to it.
days limit_of_public(core::Instant issued) {
  using namespace std::chrono_literals;
  using std::chrono::sys_days;
  if (issued >= sys_days(2029y / 3 / 15)) return days(47);
  if (issued >= sys_days(2027y / 3 / 15)) return days(100);
  if (issued >= sys_days(2026y / 3 / 15)) return days(200);
  return days(398);
}

void lint_validity(const LintSubject& s) {
  const pki::Certificate& c = s.certificate;
  for (const pki::RawTime& time : {s.raw.not_before, s.raw.not_after})
    if (!is_well_written(time)) return s.add("time-encoding", time.text);
  const std::string range =
      fmt::format("{} to {}", core::rfc3339(c.not_before), core::rfc3339(c.not_after));
  if (c.not_after < c.not_before) return s.add("validity-reversed", range);
  if (s.now > c.not_after) s.add("expired", core::rfc3339(c.not_after));
  if (s.now < c.not_before) s.add("not-yet-valid", core::rfc3339(c.not_before));
  if (s.is_authority() || !s.is_for_server()) return;
  const auto length = pki::lifetime(c) + std::chrono::seconds(1);
  if (length > days(825)) s.add("lifetime-too-long", core::human_duration(length));
  if (s.hold_to == HoldTo::public_authority && length > limit_of_public(c.not_before))
    s.add("lifetime-public", core::human_duration(length));
}

void lint_signature(const LintSubject& s) {
  const auto& [inner, outer] = std::pair(s.raw.inner_algorithm, s.raw.outer_algorithm);
  if (!std::equal(inner.begin(), inner.end(), outer.begin(), outer.end()))
    s.add("signature-algorithm-mismatch", s.certificate.signature_algorithm);
  const std::string& digest = s.certificate.signature_digest;
  if ((digest == "SHA1" || digest == "MD5") && !(s.is_authority() && s.certificate.self_issued))
    s.add("signature-weak", s.certificate.signature_algorithm);
}

void lint_rsa(const LintSubject& s) {
  const int bits = s.certificate.key_bits;
  if (bits < 2048) return s.add("key-too-small", pki::key_text(s.certificate));
  if (bits % 8 != 0) s.add("key-odd-size", pki::key_text(s.certificate));
  const core::ByteView exponent = s.raw.rsa_exponent;
  if (exponent.size() < 3) s.add("rsa-exponent", core::to_hex(exponent));
}

void lint_key(const LintSubject& s) {
  constexpr std::string_view kEc = "1.2.840.10045.2.1";
  constexpr std::array<std::string_view, 3> kCurves{"1.2.840.10045.3.1.7", "1.3.132.0.34",
                                                    "1.3.132.0.35"};
  if (s.raw.key_algorithm == kEc &&
      std::find(kCurves.begin(), kCurves.end(), s.raw.key_parameters) == kCurves.end())
    return s.add("curve-unusual", s.raw.key_parameters);
  if (s.certificate.key_bits == 0) return s.add("key-unreadable", s.certificate.key_algorithm);
  if (s.certificate.key_kind == pki::KeyKind::rsa) lint_rsa(s);
}

void lint_attribute(const pki::RawAttribute& attribute, const LintSubject& s) {
  const std::string_view text = core::as_text(attribute.value);
  if (attribute.type == "2.5.4.3" && text.size() > 64) {
    const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    });
    if (characters > 64) s.add("common-name-too-long", text);
  }
  if (attribute.type == "2.5.4.6" && text.size() != 2) s.add("country-code", text);
  if (attribute.tag == 0x14 || attribute.tag == 0x1E || attribute.tag == 0x1C)
    s.add("name-old-string", text);
}

}  // namespace

void lint_fields(const LintSubject& s) {
  if (s.certificate.version != 3)
    s.add("version-not-3", fmt::format("version {}", s.certificate.version));
  lint_serial(s);
  lint_validity(s);
  lint_signature(s);
  lint_key(s);
  if (s.raw.issuer.empty()) s.add("issuer-empty", "");
  if (s.raw.subject.empty() && s.certificate.is_ca) s.add("subject-empty", "");
  for (const pki::RawAttribute& attribute : s.raw.subject) lint_attribute(attribute, s);
}

}  // namespace wxsec::certs
