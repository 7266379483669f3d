// Hellos, certificates and their fingerprints.
#include "lib/decrypt/digest.h"
#include "lib/proto/ja4.h"
#include "lib/proto/tls_record.h"
#include "lib/proto/x509_card.h"

using namespace wxsec;
using namespace wxsec::proto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView bytes(data, size);
  peek_tls_record(bytes);
  TlsClientHello hello;
  decode_sslv2_hello(bytes, hello);
  if (decode_client_hello(bytes, hello)) {
    ja3_text(hello);
    ja4(hello, decrypt::sha256_hex);
  }
  TlsServerHello server;
  if (decode_server_hello(bytes, server)) ja3s_text(server);
  for (const auto form : {TlsCertificateForm::before, TlsCertificateForm::tls13}) {
    TlsCertificateReader reader(bytes, form);
    while (const auto der = reader.next()) read_x509_card(*der);
  }
  read_x509_card(bytes);
  return 0;
}
