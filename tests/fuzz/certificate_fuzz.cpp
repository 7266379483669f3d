// Whatever lies in a certificate, key or revocation file: read by all that read one, and judged.
#include "lib/pki/certificate.h"
#include "lib/pki/crl.h"
#include "lib/pki/key.h"
#include "lib/pki/pem.h"
#include "lib/pki/verify.h"

using namespace wxsec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView bytes(data, size);
  const std::string_view text = core::as_text(bytes);
  (void)pki::parse_crls(text);
  (void)pki::Key::parse(text, {});
  const auto chain = pki::parse_certificates(text);
  if (!chain) return 0;
  pki::VerifyOptions options;
  options.trust = {chain->back()};
  options.host = "broker.wx.test";
  (void)pki::verify(*chain, options);
  (void)pki::verify_dates(*chain, options.at);
  (void)pki::to_pem(*chain);
  return 0;
}
