// Whatever lies in a certificate, key or revocation file: read by all that read one, and judged.
#include "lib/pki/certificate.h"
#include "lib/pki/chain_verifier.h"
#include "lib/pki/crl.h"
#include "lib/pki/key.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"
#include "lib/pki/plain_certificate.h"
#include "lib/pki/plain_key.h"
#include "lib/pki/verify.h"
#include "src/lint/lint.h"

using namespace wxsec;

namespace {

// The short way through a certificate (lib/pki/plain_certificate.h) says what OpenSSL says, or
// nothing.
void two_ways_agree(core::ByteView der) {
  const auto plain = pki::read_plain_certificate(der);
  if (!plain) return;
  const unsigned char* at = der.data();
  const pki::X509Ptr parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed || at != der.data() + der.size() || pki::view_of(parsed.get()) != *plain)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView bytes(data, size);
  const std::string_view text = core::as_text(bytes);
  (void)pki::parse_crls(text);
  (void)pki::Key::parse(text, {});
  two_ways_agree(bytes);
  const auto chain = pki::parse_certificates(text);
  if (!chain) return 0;
  pki::VerifyOptions options;
  options.trust = {chain->back()};
  options.host = "broker.wx.test";
  (void)pki::verify(*chain, options);
  (void)pki::verify_dates(*chain, options.at);
  (void)pki::to_pem(*chain);
  (void)certs::lint_chain(*chain, certs::HoldTo::public_authority, options.at);
  (void)pki::plain_key_matches(text, chain->front());
  pki::ChainVerifier verifier(options);
  const bool once = verifier.verify(*chain, pki::Purpose::any).valid();
  if (once != verifier.verify(*chain, pki::Purpose::any).valid()) std::abort();
  return 0;
}
