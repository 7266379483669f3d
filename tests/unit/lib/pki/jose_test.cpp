#include "lib/pki/jose.h"

#include <doctest/doctest.h>

#include "lib/pki/der.h"
#include "lib/pki/pem.h"

using namespace wxsec;
using namespace wxsec::pki;

namespace {

core::Bytes url(std::string_view text) { return decode_base64url(text).value(); }

core::Bytes joined(const core::Bytes& a, const core::Bytes& b) {
  core::Bytes out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

// A P-256 SubjectPublicKeyInfo (RFC 5480) from a JWK's coordinates.
core::Bytes public_key(std::string_view x, std::string_view y) {
  DerWriter out;
  const auto whole = out.open(kSequence);
  const auto algorithm = out.open(kSequence);
  out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01});
  out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07});
  out.close(algorithm);
  const auto bits = out.open(kBitString);
  out.byte(0);
  out.byte(4);
  out.raw(joined(url(x), url(y)));
  out.close(bits);
  out.close(whole);
  return out.take();
}

}  // namespace

TEST_CASE("pki/jose: the ES256 signature of RFC 7515 A.3 verifies, and with one bit changed not") {
  const core::Bytes key = public_key("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                     "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  const std::string input =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  core::Bytes signature =
      url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  CHECK(verify_es256(key, core::as_bytes(input), signature));
  signature[40] ^= 1U;
  CHECK_FALSE(verify_es256(key, core::as_bytes(input), signature));
  signature.pop_back();
  CHECK_FALSE(verify_es256(key, core::as_bytes(input), signature));
}

TEST_CASE("pki/jose: HS256 of RFC 7515 A.1") {
  const std::string input =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const core::Bytes key =
      url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const core::Secret secret{std::string(core::as_text(key))};
  CHECK(encode_base64url(hmac_sha256(secret, core::as_bytes(input))) ==
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST_CASE("pki/jose: a signature of ours is 64 bytes and verifies, always") {
  const Key key = Key::generate(KeyType::p256).value();
  for (int i = 0; i < 64; ++i) {  // short numbers (leading zero bytes) come up in one of 128
    const std::string message = "message " + std::to_string(i);
    const core::Bytes signature = sign_es256(key, core::as_bytes(message)).value();
    REQUIRE(signature.size() == 64);
    REQUIRE(verify_es256(key.public_key(), core::as_bytes(message), signature));
  }
}

TEST_CASE("pki/jose: other keys are refused") {
  const Key key = Key::generate(KeyType::p384).value();
  CHECK(sign_es256(key, {}).error().code == core::Code::usage);
  CHECK(p256_point(key).error().code == core::Code::usage);
}

TEST_CASE("pki/base64url: RFC 7515 appendix C, and what is not base64url") {
  CHECK(url("A-z_4ME") == core::Bytes{3, 236, 255, 224, 193});
  CHECK(url("").empty());
  for (const char* wrong : {"A-z_4M=", "A+z/", "A", "A-z_4MF", "A z_", "A\n", "AB"})
    CHECK(decode_base64url(wrong).has_value() == false);
}
