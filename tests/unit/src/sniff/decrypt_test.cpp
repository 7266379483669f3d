// With the key log the recorded connection is readable; without it, it is not.
#include <doctest/doctest.h>

#include "src/sniff/present.h"

using namespace wxsec;

namespace {

const std::string kCaptures = WXSEC_SOURCE_DIR "/tests/captures/";

std::string lines(const std::string& name, bool with_keys) {
  sniff::PresentOptions options;
  options.session.file = kCaptures + name + ".pcap";
  if (with_keys) options.session.key_log = kCaptures + name + ".keys";
  options.format = sniff::Format::json_lines;
  std::string out;
  const auto result = sniff::present(
      options, core::system_clock(), [&](std::string_view text) { out += text; },
      [](std::string_view) {}, std::stop_token{});
  REQUIRE(result);
  return out;
}

}  // namespace

TEST_CASE("sniff/decrypt: a key log opens TLS 1.2 and 1.3, and what it opens is marked") {
  for (const char* name : {"tls12", "tls13"}) {
    CAPTURE(name);
    const std::string closed = lines(name, false);
    CHECK(closed.find("/reading") == std::string::npos);
    CHECK(closed.find("decrypted") == std::string::npos);
    CHECK(closed.find("\"verdict\":\"encrypted\"") != std::string::npos);
    const std::string opened = lines(name, true);
    CHECK(opened.find("\"type\":\"request\",\"decrypted\":true,\"version\":\"1.1\",\"method\":"
                      "\"GET\",\"target\":\"/reading\"") != std::string::npos);
    CHECK(opened.find("wx-token-12345") == std::string::npos);  // masked all the same
    CHECK(opened.find("\"verdict\":\"encrypted\"") != std::string::npos);
  }
}

TEST_CASE("sniff/decrypt: what only the key log shows is no leak") {
  for (const char* name : {"tls12", "tls13"}) {
    const auto seen = sniff::expose_file(kCaptures + name + ".pcap", kCaptures + name + ".keys",
                                         core::system_clock());
    REQUIRE(seen);
    CHECK(seen->credentials.empty());
    CHECK(seen->messages.empty());
    CHECK_FALSE(seen->contains("/reading"));
    CHECK(!seen->ciphertext.bytes.empty());
    REQUIRE(seen->flows.size() == 1);
    CHECK(seen->flows[0].sni == "broker.wx.test");
  }
}

TEST_CASE("sniff/exposure: an expired, self-signed certificate on the wire is found in TLS 1.2") {
  const auto seen = sniff::expose_file(kCaptures + "tls12.pcap", {}, core::system_clock());
  REQUIRE(seen);
  std::string ids;
  for (const report::Finding& one : seen->findings) ids += one.id + " ";
  CHECK(ids == "WX-CERT-001 WX-CERT-006 ");
}
