#include "lib/decrypt/record_cipher.h"

#include <doctest/doctest.h>

#include <string>

#include "lib/core/hex.h"
#include "lib/decrypt/suite.h"

using namespace wxsec;
using decrypt::RecordCipher;
using decrypt::Tls12Keys;

namespace {

constexpr std::uint8_t kApplicationData = 23;

core::Bytes hex(std::string_view text) {
  std::string joined;
  for (const char c : text) {
    if (c != ' ') joined += c;
  }
  auto bytes = core::from_hex(joined);
  REQUIRE(bytes);
  return *bytes;
}

struct Vector {
  const char* suite;
  std::uint16_t version;
  bool encrypt_then_mac;
  const char* body;  // sealed by the client, record number 0, application data
};

// made-with: python3 tests/unit/lib/decrypt/make_vectors.py
constexpr Vector kVectors[] = {
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0x0303, false,
     "010203040506070824c85e3c3055c641703af8a1210027947de06aebb759e90fee922be0c398562b4183"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0x0303, false,
     "01020304050607087708216d508969764f466e51fbd4a13141b76c692f3a931f97f65964325fdfabbfd3"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0x0303, false,
     "90104a640a0b351747260b73fcdcbe527a221ede2a11889c0c6ad7a84cf576f98701"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", 0x0303, false,
     "01020304050607087e4484ec0a40337dd6b1d5a4c73d223b8082e1ac06e11070efd0708828b22bbc69f7"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", 0x0303, false,
     "01020304050607080e9826572118b199a5efbc2d6ecb6872bd36e80cb7ddf830719a"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0x0303, false,
     "000102030405060708090a0b0c0d0e0fc59d76cebf85852729b489f9e1d7da6ce093fb4719e1af9632b35ef022d86"
     "04260fcfb1296f42e35ddb42f82636a46ad"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0x0303, true,
     "000102030405060708090a0b0c0d0e0fd72fe0063982d3a2e6d9017a050013c9ee784df62fff603703353c78c9ea5"
     "f4fe3c4f8ee979d694d2c9f0c25b0f537ca9b4de508afab482c24d239bbf2d17aa3"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 0x0303, false,
     "000102030405060708090a0b0c0d0e0fe74c6fc9a0e7f839b12698e66c7b177784ff795f076ee1db9b9fe2967f696"
     "6432c980bde6e25ee52e511533a2d2ba0b015d5acbe208796c43b27d2c98eaff320acc6b44c06a043877cc4898943"
     "7abbbe"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 0x0303, true,
     "000102030405060708090a0b0c0d0e0fe74c6fc9a0e7f839b12698e66c7b1777c11cb5a231f11174d0fe7fcd83740"
     "80b7ab2da524a754a853afb2657a042ab9c7a02a0295926904545180b91c78aff4d0d2cf3e744481c659449f144cf"
     "f9e9c2"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", 0x0302, false,
     "000102030405060708090a0b0c0d0e0f2e37bb5196cb441eb2e0248e4a3aadbd806da5288a761e7d95a6c97cc7a6a"
     "29ccd2461170a254cfadd91297ff0f3dd22"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", 0x0301, false,
     "7fdc86262f1d17dab52e6d46ec16ad4e025ec074ec01747113cf1d6c37536a6a33ce92345ac9c5d6a1234c0c07254"
     "bb3"},
};

Tls12Keys keys_for(const Vector& vector) {
  core::Bytes master;
  for (std::uint8_t i = 0; i < 48; ++i) master.push_back(i);
  return Tls12Keys::derive(vector.version, vector.suite, master, core::Bytes(32, 0xC1),
                           core::Bytes(32, 0x5E), vector.encrypt_then_mac);
}

std::optional<core::Bytes> open(RecordCipher& cipher, const Vector& vector, core::ByteView body) {
  std::uint8_t type = 0;
  return cipher.open(kApplicationData, vector.version, body, type);
}

// RFC 8448 3, client_application_traffic_secret_0 and the client's first application record.
constexpr const char* kSecret13 =
    "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
constexpr const char* kRecord13 =
    "a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f"
    "5a6292a2977014bd1e3deae63aeebb21694915e4";

}  // namespace

TEST_CASE(
    "decrypt/record_cipher: every construction before TLS 1.3 opens what another program sealed") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.suite);
    CAPTURE(vector.version);
    CAPTURE(vector.encrypt_then_mac);
    Tls12Keys keys = keys_for(vector);
    REQUIRE(keys.client);
    REQUIRE(keys.server);
    const auto plain = open(*keys.client, vector, hex(vector.body));
    REQUIRE(plain);
    CHECK(core::as_text(*plain) == "temperature_c 21.5");
  }
}

TEST_CASE(
    "decrypt/record_cipher: a changed byte, the other side's key, a repeated record: not opened") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.suite);
    const core::Bytes body = hex(vector.body);
    Tls12Keys keys = keys_for(vector);
    for (std::size_t i = 0; i < body.size(); ++i) {
      core::Bytes changed = body;
      changed[i] ^= 1;
      CHECK_FALSE(open(*keys.client, vector, changed));
    }
    CHECK_FALSE(open(*keys.server, vector, body));
    CHECK(open(*keys.client, vector, body));  // failures have not moved the record number
    CHECK_FALSE(open(*keys.client, vector, body));
  }
}

TEST_CASE("decrypt/record_cipher: a record cut anywhere is refused, never read beyond") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.suite);
    const core::Bytes body = hex(vector.body);
    for (std::size_t size = 0; size < body.size(); ++size) {
      Tls12Keys keys = keys_for(vector);
      CHECK_FALSE(open(*keys.client, vector, core::ByteView(body).first(size)));
    }
  }
}

TEST_CASE("decrypt/record_cipher: RFC 8448's record under TLS 1.3, its inner type and its update") {
  auto cipher = RecordCipher::tls13("TLS_AES_128_GCM_SHA256", hex(kSecret13));
  REQUIRE(cipher);
  std::uint8_t type = 0;
  const auto plain = cipher->open(kApplicationData, 0x0303, hex(kRecord13), type);
  REQUIRE(plain);
  CHECK(type == kApplicationData);
  REQUIRE(plain->size() == 50);
  for (std::size_t i = 0; i < 50; ++i) CHECK((*plain)[i] == i);
  CHECK(cipher->update());
  CHECK_FALSE(cipher->open(kApplicationData, 0x0303, hex(kRecord13), type));
}

TEST_CASE("decrypt/record_cipher: skipping forth and back finds the record number again") {
  auto cipher = RecordCipher::tls13("TLS_AES_128_GCM_SHA256", hex(kSecret13));
  REQUIRE(cipher);
  std::uint8_t type = 0;
  cipher->skip(5);
  CHECK_FALSE(cipher->open(kApplicationData, 0x0303, hex(kRecord13), type));
  cipher->skip(~std::uint64_t{5} + 1);
  CHECK(cipher->open(kApplicationData, 0x0303, hex(kRecord13), type));
}

TEST_CASE("decrypt/record_cipher: suites that we cannot open are said to be so") {
  CHECK_FALSE(RecordCipher::tls13("TLS_UNHEARD_OF", hex(kSecret13)));
  CHECK_FALSE(RecordCipher::tls13("TLS_RSA_WITH_AES_128_CBC_SHA", hex(kSecret13)));
  const Vector rc4{"TLS_RSA_WITH_RC4_128_SHA", 0x0303, false, ""};
  CHECK_FALSE(keys_for(rc4).client);
}
