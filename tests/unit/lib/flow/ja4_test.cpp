// Against FoxIO's published description (technical_details/JA4.md): its example, its digests, and
// each of its rules about what is missing.
#include "lib/proto/ja4.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

#include "lib/decrypt/digest.h"
#include "lib/wire/writer.h"

using namespace wxsec;

namespace {

using Numbers = std::vector<std::uint16_t>;

void list16(wire::Writer& out, core::ByteView bytes) {
  out.u16(static_cast<std::uint16_t>(bytes.size()));
  out.bytes(bytes);
}

core::Bytes bytes_of(const Numbers& numbers) {
  wire::Writer out;
  for (const std::uint16_t number : numbers) out.u16(number);
  return out.take();
}

core::Bytes alpn_list(const std::vector<std::string>& names) {
  wire::Writer out;
  for (const std::string& name : names) {
    out.u8(static_cast<std::uint8_t>(name.size()));
    out.text(name);
  }
  return out.take();
}

// Extensions in the order given; those whose content matters get it, others stay empty.
std::string ja4_of(const Numbers& suites, const Numbers& extensions, const Numbers& algorithms,
                   const Numbers& versions, const std::vector<std::string>& alpn) {
  wire::Writer list;
  for (const std::uint16_t type : extensions) {
    wire::Writer data;
    if (type == 13) list16(data, bytes_of(algorithms));
    if (type == 16) list16(data, alpn_list(alpn));
    if (type == 43) {
      data.u8(static_cast<std::uint8_t>(versions.size() * 2));
      data.bytes(bytes_of(versions));
    }
    list.u16(type);
    list16(list, data.view());
  }
  wire::Writer body;
  body.u16(0x0303);
  body.text(std::string(32, 'r'));
  body.u8(0);
  list16(body, bytes_of(suites));
  body.u8(1);
  body.u8(0);
  if (!extensions.empty()) list16(body, list.view());
  proto::TlsClientHello hello;
  REQUIRE(proto::decode_client_hello(body.view(), hello));
  return proto::ja4(hello, decrypt::sha256_hex);
}

const Numbers kSuites{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
                      0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
const Numbers kExtensions{0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
                          0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015};
const Numbers kAlgorithms{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601};
const Numbers kVersions{0x0304, 0x0303};

std::string alpn_letters(const std::string& first) {
  return ja4_of(kSuites, kExtensions, kAlgorithms, kVersions, {first, "zz"}).substr(8, 2);
}

}  // namespace

TEST_CASE("proto/ja4: the example of the description") {
  CHECK(ja4_of(kSuites, kExtensions, kAlgorithms, kVersions, {"h2", "http/1.1"}) ==
        "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

TEST_CASE("proto/ja4: GREASE counts nowhere") {
  Numbers suites = kSuites;
  suites.insert(suites.begin(), 0x3A3A);
  Numbers extensions = kExtensions;
  extensions.insert(extensions.begin(), 0xCACA);
  extensions.push_back(0x0A0A);
  CHECK(ja4_of(suites, extensions, kAlgorithms, {0xFAFA, 0x0304}, {"\x0A\x0A", "h2"}) ==
        "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

TEST_CASE("proto/ja4: without signature algorithms the text ends without an underscore") {
  Numbers extensions = kExtensions;
  CHECK(ja4_of(kSuites, extensions, {}, kVersions, {"h2"}) ==
        "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

TEST_CASE("proto/ja4: no name is i, no ALPN 00, nothing to digest is zeros") {
  CHECK(ja4_of(kSuites, {}, {}, {}, {}) == "t12i150000_8daaf6152771_000000000000");
  CHECK(ja4_of(kSuites, {0x0000}, {}, {}, {}) == "t12d150100_8daaf6152771_000000000000");
}

TEST_CASE(
    "proto/ja4: first and last character of the first ALPN value, in hexadecimal where needed") {
  CHECK(alpn_letters("http/1.1") == "h1");
  CHECK(alpn_letters("spdy/3.1") == "s1");
  CHECK(alpn_letters("x") == "xx");
  CHECK(alpn_letters("\xAB") == "ab");
  CHECK(alpn_letters("\xAB\xCD") == "ad");
  CHECK(alpn_letters("0\xAB") == "3b");
  CHECK(alpn_letters("01\xAB\xCD") == "3d");
  CHECK(alpn_letters("0\xAB\xCD"
                     "1") == "01");
}

TEST_CASE("proto/ja4: more than 99 suites are 99") {
  Numbers many;
  for (std::uint16_t i = 0; i < 120; ++i) many.push_back(static_cast<std::uint16_t>(0xC000 + i));
  CHECK(ja4_of(many, {0x0000}, {}, {}, {}).starts_with("t12d9901"));
}
