// Keys come in five wrappings: PKCS#8 ("PRIVATE KEY"), the same encrypted ("ENCRYPTED PRIVATE
// KEY"), the older SEC1 ("EC PRIVATE KEY") and PKCS#1 ("RSA PRIVATE KEY"), these two perhaps
// encrypted by header lines, and bare DER of any of them. All end in OpenSSL's EVP_PKEY here.
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "lib/core/shell_word.h"
#include "lib/pki/der.h"
#include "lib/pki/derivation.h"
#include "lib/pki/key.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"
#include "lib/pki/plain_key.h"

namespace wxsec::pki {
namespace {

using EncryptedPtr = Handle<X509_SIG, X509_SIG_free>;

constexpr std::size_t kMaxKeyFile = 64 * 1024;

int give_passphrase(char* buffer, int size, int /*writing*/, void* context_pointer) {
  const auto& secret = *static_cast<const core::Secret*>(context_pointer);
  if (secret.reveal().size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, secret.reveal().data(), secret.reveal().size());
  return static_cast<int>(secret.reveal().size());
}

core::Failure needs_passphrase() {
  return core::fail(
      core::Code::crypto, "the private key is encrypted and no passphrase was given",
      "take the passphrase off in a safe place: umask 077; openssl pkey -in FILE -out NEW");
}

// What an EncryptedPrivateKeyInfo (RFC 5958 3) asks for is looked at before it is done.
core::Result<void> check_cost(const PemBlock& block) {
  if (block.label != "ENCRYPTED PRIVATE KEY") return {};
  const unsigned char* at = block.der.data();
  const EncryptedPtr info(d2i_X509_SIG(nullptr, &at, static_cast<long>(block.der.size())));
  if (!info)
    return core::fail(openssl_error(core::Code::malformed, "the encrypted private key is damaged"));
  const X509_ALGOR* scheme = nullptr;
  X509_SIG_get0(info.get(), &scheme, nullptr);
  return check_derivation_cost(scheme);
}

EVP_PKEY* read_block(const PemBlock& block, core::Secret& passphrase) {
  if (block.label == "ENCRYPTED PRIVATE KEY") {
    const BioPtr in(BIO_new_mem_buf(block.der.data(), static_cast<int>(block.der.size())));
    return d2i_PKCS8PrivateKey_bio(in.get(), nullptr, give_passphrase, &passphrase);
  }
  if (block.der.empty()) {  // RFC 1421 headers
    const BioPtr in(BIO_new_mem_buf(block.text.data(), static_cast<int>(block.text.size())));
    return PEM_read_bio_PrivateKey(in.get(), nullptr, give_passphrase, &passphrase);
  }
  if (EVP_PKEY* const plain = read_plain_key(block.der)) return plain;
  const unsigned char* at = block.der.data();
  PkeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(block.der.size())));
  return at == block.der.data() + block.der.size() ? key.release() : nullptr;
}

bool is_encrypted(const PemBlock& block) {
  return block.label == "ENCRYPTED PRIVATE KEY" || block.der.empty();
}

// Old ciphers as DES are no longer among those that OpenSSL offers; it looks for them before the
// passphrase counts.
core::Failure not_opened() {
  bool unsupported = false;
  while (const unsigned long error = ERR_get_error()) {
    const int reason = ERR_GET_REASON(error);
    unsupported = unsupported || reason == ERR_R_UNSUPPORTED ||
                  (ERR_GET_LIB(error) == ERR_LIB_EVP &&
                   (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER ||
                    reason == EVP_R_UNKNOWN_DIGEST));
  }
  if (!unsupported)
    return core::fail(core::Code::crypto, "the passphrase does not fit the private key", {});
  return core::fail(core::Code::unsupported,
                    "the private key is encrypted with a cipher that is no longer offered",
                    "encrypt it anew: umask 077; openssl pkcs8 -topk8 -v2 aes-256-cbc -provider "
                    "legacy -provider default -in FILE -out NEW");
}

void wipe_all(std::vector<PemBlock>& blocks) {
  for (PemBlock& block : blocks) core::wipe(block.der.data(), block.der.size());
}

core::Result<PkeyPtr> key_from_blocks(const std::vector<PemBlock>& blocks,
                                      const core::Secret& passphrase) {
  const auto block = std::find_if(blocks.begin(), blocks.end(), [](const PemBlock& candidate) {
    return candidate.label.ends_with("PRIVATE KEY");
  });
  if (block == blocks.end())
    return core::fail(core::Code::not_found, "no private key in it",
                      "a private key starts with a line BEGIN PRIVATE KEY");
  if (block->label == "OPENSSH PRIVATE KEY")
    return core::fail(core::Code::unsupported, "an OpenSSH private key, which no TLS library reads",
                      "convert a copy: ssh-keygen -p -m PKCS8 -f COPY");
  if (is_encrypted(*block) && passphrase.empty()) return needs_passphrase();
  WXSEC_TRY(check_cost(*block));
  core::Secret copy = passphrase.clone();
  PkeyPtr key(read_block(*block, copy));
  if (key) return key;
  if (is_encrypted(*block)) return not_opened();
  return core::fail(openssl_error(core::Code::malformed, "the private key is damaged"));
}

}  // namespace

// SEQUENCE { SEQUENCE { OBJECT IDENTIFIER ... }, OCTET STRING } and nothing behind it.
bool is_encrypted_key(core::ByteView der) {
  if (der.empty() || der[0] != kSequence) return false;
  const unsigned char* at = der.data();
  const EncryptedPtr info(d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size())));
  drain_errors();
  return info && at == der.data() + der.size();
}

core::Result<Key> Key::parse(std::string_view pem_or_der, const core::Secret& passphrase) {
  if (!looks_like_pem(pem_or_der) && !is_encrypted_key(core::as_bytes(pem_or_der))) {
    PemBlock block{"PRIVATE KEY", core::to_bytes(core::as_bytes(pem_or_der)), {}};
    if (block.der.empty()) return core::fail(core::Code::not_found, "no private key in it");
    core::Secret none;
    Pointer key(read_block(block, none));
    core::wipe(block.der.data(), block.der.size());
    if (!key) return core::fail(openssl_error(core::Code::malformed, "this is not a private key"));
    return own(std::move(key));
  }
  std::vector<PemBlock> blocks;
  if (looks_like_pem(pem_or_der)) {
    blocks = WXSEC_TRY(parse_pem(pem_or_der));
  } else {
    blocks.push_back({"ENCRYPTED PRIVATE KEY", core::to_bytes(core::as_bytes(pem_or_der)), {}});
  }
  auto key = key_from_blocks(blocks, passphrase);
  wipe_all(blocks);
  if (!key) return core::fail(key.error());
  return own(Pointer(key->release()));
}

core::Result<Key> Key::load(const core::Path& path, const core::Secret& passphrase) {
  const core::Secret text(WXSEC_TRY(core::read_file(path, kMaxKeyFile)));
  auto key = parse(text.reveal(), passphrase);
  if (key) return key;
  core::Error error = core::with_context(key.error(), path.string());
  error.hint = core::fill_in(error.hint, "FILE", path.string());
  return core::fail(std::move(error));
}

}  // namespace wxsec::pki
