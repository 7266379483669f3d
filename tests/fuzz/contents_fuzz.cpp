// Whatever people call a certificate file: the first byte says with which passphrase it is opened,
// the rest is the file. What comes out is put in order and shown, as inspect and import do.
#include "lib/pki/chain.h"
#include "lib/pki/contents.h"
#include "lib/pki/pkcs12.h"

using namespace wxsec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const core::ByteView file = core::ByteView(data, size).subspan(1);
  const core::Secret passphrase(data[0] == 'p' ? "geheim" : "");
  (void)pki::looks_like_pkcs12(file);
  (void)pki::is_encrypted_key(file);
  (void)pki::parse_csr_text(core::as_text(file));
  const auto contents = pki::parse_contents(core::as_text(file), passphrase);
  if (!contents || contents->certificates.empty()) return 0;
  (void)pki::build_chain(contents->certificates.front(), contents->certificates);
  for (const pki::Key& key : contents->keys) (void)key.matches(contents->certificates.front());
  for (const pki::Csr& csr : contents->requests) (void)pki::key_text(csr);
  return 0;
}
