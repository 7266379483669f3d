#include "lib/proto/tls_hello.h"

#include <doctest/doctest.h>

#include "lib/core/time.h"
#include "lib/proto/ja4.h"
#include "lib/proto/tls_record.h"
#include "lib/proto/x509_card.h"
#include "tests/support/vector_file.h"

using namespace wxsec;
using namespace wxsec::proto;

namespace {

constexpr std::size_t kBodyAt = kTlsHeaderSize + kTlsHandshakeHeaderSize;

core::Bytes load(const char* name) { return test::vector_bytes(std::string("tls/") + name); }

std::string no_digest(std::string_view text) { return std::string(text) + "............"; }

}  // namespace

TEST_CASE("proto/tls: curl's ClientHello gives name, ALPN and versions") {
  for (const auto& [file, version] :
       {std::pair("tls12_client_hello.hex", 0x0303), std::pair("tls13_client_hello.hex", 0x0304)}) {
    const char* const name = file;  // clang 14 captures no structured binding
    CAPTURE(name);
    const core::Bytes record = load(name);
    REQUIRE(record.size() > kBodyAt);
    CHECK(peek_tls_record(record).size == record.size());
    TlsClientHello hello;
    REQUIRE(decode_client_hello(core::ByteView(record).subspan(kBodyAt), hello));
    CHECK(hello.best_version() == version);
    CHECK(hello.server_name == "api.weather.test");
    CHECK(hello.first_alpn() == "http/1.1");
    CHECK(hello.random.size() == 32);
    CHECK(hello.suites.size() % 2 == 0);
    CHECK(ja4(hello, no_digest).starts_with(version == 0x0304 ? "t13d" : "t12d"));
  }
}

TEST_CASE("proto/tls: nginx's ServerHello gives version and suite") {
  TlsServerHello hello;
  const core::Bytes old = load("tls12_server_hello.hex");
  REQUIRE(decode_server_hello(core::ByteView(old).subspan(kBodyAt), hello));
  CHECK(tls_version_name(hello.version) == "TLS 1.2");
  CHECK(tls_suite_name(hello.suite) == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
  CHECK(hello.alpn == "http/1.1");
  const core::Bytes record = load("tls13_server_hello.hex");
  REQUIRE(decode_server_hello(core::ByteView(record).subspan(kBodyAt), hello));
  CHECK(tls_version_name(hello.version) == "TLS 1.3");
  CHECK(tls_suite_name(hello.suite).starts_with("TLS_AES_"));
  CHECK(tls_group_name(hello.group) == "x25519");
  CHECK_FALSE(hello.retry);
}

TEST_CASE("proto/tls: a truncated hello is refused, or at least never read beyond") {
  for (const char* name : {"tls12_client_hello.hex", "tls13_client_hello.hex"}) {
    const core::Bytes record = load(name);
    const core::ByteView body = core::ByteView(record).subspan(kBodyAt);
    for (std::size_t size = 0; size < body.size(); ++size) {
      TlsClientHello hello;
      // Without extensions a hello is whole again (RFC 5246): only that border may decode.
      if (decode_client_hello(body.first(size), hello)) CHECK(hello.extensions.empty());
    }
  }
}

TEST_CASE("proto/tls: the certificate's card") {
  const core::Bytes record = load("tls12_certificate.hex");
  REQUIRE(record.size() > kBodyAt);
  TlsCertificateReader reader(core::ByteView(record).subspan(kBodyAt), TlsCertificateForm::before);
  const auto der = reader.next();
  REQUIRE(der);
  const auto card = read_x509_card(*der);
  REQUIRE(card);
  CHECK(card->subject == "CN=api.weather.test");
  CHECK(card->issuer == "CN=wx sniff CA");
  CHECK_FALSE(card->self_issued);
  CHECK(core::utc_date(card->not_after) == "2027-02-20");
  REQUIRE(!card->dns_names.empty());
  CHECK(card->dns_names[0] == "api.weather.test");
  for (std::size_t size = 0; size < der->size() / 2; ++size)
    CHECK_FALSE(read_x509_card(der->first(size)));
}

TEST_CASE("proto/tls: record headers that no peer sends are bad") {
  const auto state = [](const char* hex) {
    return peek_tls_record(core::from_hex(hex).value()).state;
  };
  CHECK(state("1603010005") == FrameState::done);
  CHECK(state("16030100") == FrameState::need_more);
  CHECK(state("1903010005") == FrameState::bad);  // no such type
  CHECK(state("1604010005") == FrameState::bad);  // no such version
  CHECK(state("1603010000") == FrameState::bad);  // an empty handshake record
  CHECK(state("1703030000") == FrameState::done);
  CHECK(state("170303ffff") == FrameState::bad);  // longer than any record
}

TEST_CASE("proto/tls: names are IANA's") {
  CHECK(tls_suite_name(0x1301) == "TLS_AES_128_GCM_SHA256");
  CHECK(tls_suite_name(0x0005) == "TLS_RSA_WITH_RC4_128_SHA");
  CHECK(tls_suite_name(0xFDFD) == "unknown");
  CHECK(tls_suite_name(0x00A7) == "TLS_DH_anon_WITH_AES_256_GCM_SHA384");
  unsigned anonymous = 0;
  for (unsigned i = 0; i <= 0xFFFF; ++i)
    anonymous +=
        tls_suite_name(static_cast<std::uint16_t>(i)).find("_anon_") != std::string_view::npos ? 1U
                                                                                               : 0U;
  CHECK(anonymous == 27);
  CHECK(tls_alert_name(48) == "unknown_ca");
  CHECK(tls_alert_name(116) == "certificate_required");
  CHECK(is_grease(0x1A1A));
  CHECK_FALSE(is_grease(0x1A2A));
  CHECK_FALSE(is_grease(0x1301));
}
