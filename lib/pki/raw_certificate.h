// A certificate as it is written, for those who judge the writing: encodings, tags, order, and what
// a forgiving reader would pass over. The views live as long as the DER they were read from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/bytes.h"

namespace wxsec::pki {

struct RawTime {
  std::uint8_t tag = 0;  // 0x17 UTCTime, 0x18 GeneralizedTime
  std::string_view text;
};
struct RawAttribute {
  std::string type;      // "2.5.4.3"
  std::uint8_t tag = 0;  // 0x0C UTF8String, 0x13 PrintableString, 0x14 TeletexString ...
  core::ByteView value;
};
struct RawExtension {
  std::string id;  // "2.5.29.19"
  bool critical = false;
  core::ByteView value;
};
struct RawName {
  std::uint8_t tag = 0;  // 0x82 DNS, 0x87 IP, 0x86 URI, 0x81 email
  core::ByteView value;
};

struct RawCertificate {
  core::ByteView serial;  // content of the INTEGER, as it is
  core::ByteView inner_algorithm;
  core::ByteView outer_algorithm;
  RawTime not_before;
  RawTime not_after;
  std::vector<RawAttribute> issuer;
  std::vector<RawAttribute> subject;
  std::string key_algorithm;   // dotted
  std::string key_parameters;  // dotted curve, "" where there is none
  core::ByteView rsa_exponent;
  std::vector<RawExtension> extensions;

  const RawExtension* find(std::string_view id) const;
  // Of the subject alternative name.
  std::vector<RawName> names() const;
  // Whether basicConstraints has a path length, whatever it says of CA.
  bool has_path_length() const;
};

// Nothing where the encoding is not DER down to the level shown here.
std::optional<RawCertificate> read_raw_certificate(core::ByteView der);

// "2.5.29.17" of an OBJECT IDENTIFIER's content; "" if it is none.
std::string dotted(core::ByteView object_id);

}  // namespace wxsec::pki
