// A PKCS#12 file, seen from above (RFC 7292):
//
//     PFX
//       authSafe: SEQUENCE OF ContentInfo      usually two: certificates, and the key
//         data | encryptedData                 the latter under the passphrase
//           SEQUENCE OF SafeBag                keyBag, pkcs8ShroudedKeyBag, certBag,
//           safeContentsBag
//             attributes                       friendlyName, localKeyID
//       macData                                a MAC over authSafe, keyed by the passphrase
//
// The MAC is looked at first: a passphrase that does not fit is told apart from a damaged file, and
// nothing of a stranger's file is decrypted. How much computing each step may cost is checked
// before the step. OpenSSL's own walk (PKCS12_parse) keeps one key and forgets the order, so the
// bags are walked here. Files of old programs encrypt with RC2, which OpenSSL 3 keeps in a module
// of its own; it is loaded into a context that is thrown away afterwards.
#include "lib/pki/pkcs12.h"

#include <fmt/core.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "lib/core/escape.h"
#include "lib/pki/derivation.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/wire/reader.h"

namespace wxsec::pki {
namespace {

void free_safes(STACK_OF(PKCS7) * safes) { sk_PKCS7_pop_free(safes, PKCS7_free); }
void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) {
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
void free_bytes(char* text) { OPENSSL_free(text); }

using Pkcs12Ptr = Handle<PKCS12, PKCS12_free>;
using SafesPtr = Handle<STACK_OF(PKCS7), free_safes>;
using BagsPtr = Handle<STACK_OF(PKCS12_SAFEBAG), free_bags>;
using Pkcs8Ptr = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using ContextPtr = Handle<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using ProviderPtr = Handle<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
using TextPtr = Handle<char, free_bytes>;

constexpr int kMaxDepth = 4;
constexpr int kMaxDecryptions = 8;  // each may take seconds; usual files have two or three
constexpr int kStrongRounds = 600'000;
constexpr int kWeakRounds = PKCS12_DEFAULT_ITER;

// OpenSSL with its old ciphers.
struct OldCiphers {
  ContextPtr context;
  ProviderPtr legacy;
  ProviderPtr standard;
};

OldCiphers load_old_ciphers() {
  OldCiphers out;
  out.context.reset(OSSL_LIB_CTX_new());
  out.legacy.reset(OSSL_PROVIDER_load(out.context.get(), "legacy"));
  out.standard.reset(OSSL_PROVIDER_load(out.context.get(), "default"));
  drain_errors();
  return out;
}

struct Walk {
  const core::Secret& passphrase;
  OldCiphers old = {};  // loaded when first needed
  int decryptions = 0;
  Pkcs12 found = {};

  const char* text() const { return passphrase.reveal().data(); }
  int size() const { return static_cast<int>(passphrase.reveal().size()); }
  // The context for `scheme`: ours, or one with the old ciphers. Fails as check_derivation_cost.
  core::Result<OSSL_LIB_CTX*> context_for(const X509_ALGOR* scheme) {
    WXSEC_TRY(check_derivation_cost(scheme));
    if (++decryptions > kMaxDecryptions)
      return core::fail(core::Code::too_large,
                        fmt::format("it has more than {} encrypted parts", kMaxDecryptions));
    if (!is_weak_scheme(scheme)) return nullptr;
    found.weak_encryption = true;
    if (!old.context) old = load_old_ciphers();
    return old.context.get();
  }
};

core::Failure damaged(std::string_view what) {
  return core::fail(
      openssl_error(core::Code::malformed, fmt::format("the PKCS#12 file is damaged: {}", what)));
}

core::Result<void> take_key(const PKCS8_PRIV_KEY_INFO* info, Walk& walk) {
  unsigned char* der = nullptr;
  const int size = info == nullptr ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  if (size <= 0) return damaged("a key without content");
  auto key = Key::parse(core::as_text({der, static_cast<std::size_t>(size)}), {});
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  if (!key) return core::fail(core::with_context(key.error(), "the PKCS#12 file"));
  walk.found.keys.push_back(std::move(*key));
  return {};
}

core::Result<void> take_shrouded_key(const PKCS12_SAFEBAG* bag, Walk& walk) {
  const X509_SIG* const shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
  if (shrouded == nullptr) return damaged("a key without content");
  const X509_ALGOR* scheme = nullptr;
  X509_SIG_get0(shrouded, &scheme, nullptr);
  OSSL_LIB_CTX* const context = WXSEC_TRY(walk.context_for(scheme));
  const Pkcs8Ptr info(PKCS12_decrypt_skey_ex(bag, walk.text(), walk.size(), context, nullptr));
  return info ? take_key(info.get(), walk) : damaged("its key cannot be decrypted");
}

core::Result<void> take_certificate(const PKCS12_SAFEBAG* bag, Walk& walk) {
  if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return {};  // SDSI: nobody has those
  const X509Ptr certificate(PKCS12_SAFEBAG_get1_cert(bag));
  if (!certificate) return damaged("one of its certificates is");
  walk.found.certificates.push_back(view_of(certificate.get()));
  return {};
}

core::Result<void> take_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, Walk& walk, int depth);

core::Result<void> take_bag(PKCS12_SAFEBAG* bag, Walk& walk, int depth) {
  const TextPtr name(PKCS12_get_friendlyname(bag));
  if (name && walk.found.friendly_name.empty()) walk.found.friendly_name = name.get();
  switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag: return take_key(PKCS12_SAFEBAG_get0_p8inf(bag), walk);
    case NID_pkcs8ShroudedKeyBag: return take_shrouded_key(bag, walk);
    case NID_certBag: return take_certificate(bag, walk);
    case NID_safeContentsBag: return take_bags(PKCS12_SAFEBAG_get0_safes(bag), walk, depth + 1);
    default: return {};  // revocation lists, secrets
  }
}

core::Result<void> take_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, Walk& walk, int depth) {
  if (depth > kMaxDepth) return damaged("its parts are nested too deeply");
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i)
    WXSEC_TRY(take_bag(sk_PKCS12_SAFEBAG_value(bags, i), walk, depth));
  return {};
}

core::Result<BagsPtr> decrypt_safe(const PKCS7* safe, Walk& walk) {
  const PKCS7_ENCRYPT* const encrypted = safe->d.encrypted;
  if (encrypted == nullptr || encrypted->enc_data == nullptr ||
      encrypted->enc_data->algorithm == nullptr || encrypted->enc_data->enc_data == nullptr)
    return damaged("an encrypted part is empty");
  const X509_ALGOR* const scheme = encrypted->enc_data->algorithm;
  OSSL_LIB_CTX* const context = WXSEC_TRY(walk.context_for(scheme));
  BagsPtr bags(static_cast<STACK_OF(PKCS12_SAFEBAG)*>(
      PKCS12_item_decrypt_d2i_ex(scheme, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), walk.text(), walk.size(),
                                 encrypted->enc_data->enc_data, 1, context, nullptr)));
  if (!bags) return damaged("an encrypted part cannot be decrypted");
  return bags;
}

core::Result<void> take_safe(PKCS7* safe, Walk& walk) {
  if (PKCS7_type_is_data(safe)) {
    const BagsPtr bags(safe->d.data == nullptr ? nullptr : PKCS12_unpack_p7data(safe));
    return bags ? take_bags(bags.get(), walk, 0) : damaged("a part does not parse");
  }
  if (!PKCS7_type_is_encrypted(safe)) return {};  // enveloped for a public key: not our passphrase
  const BagsPtr bags = WXSEC_TRY(decrypt_safe(safe, walk));
  return take_bags(bags.get(), walk, 0);
}

core::Result<void> check_mac(PKCS12* file, const core::Secret& passphrase, Walk& walk) {
  if (PKCS12_mac_present(file) != 1)
    return core::fail(core::Code::unsupported, "the PKCS#12 file has no MAC by passphrase",
                      "export it again with a passphrase");
  const X509_ALGOR* digest = nullptr;
  const ASN1_INTEGER* rounds = nullptr;
  PKCS12_get0_mac(nullptr, &digest, nullptr, &rounds, file);
  WXSEC_TRY(check_derivation_rounds(rounds));
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, digest);
  const EVP_MD* const hash = EVP_get_digestbyobj(algorithm);
  if (hash == nullptr)  // among them PBMAC1, RFC 9579
    return core::fail(core::Code::unsupported, "the PKCS#12 file's MAC is of a kind not known here",
                      "export it again with a MAC over SHA-256");
  walk.found.weak_encryption = EVP_MD_get_size(hash) < 32;
  const std::string_view secret = passphrase.reveal();
  if (PKCS12_verify_mac(file, secret.data(), static_cast<int>(secret.size())) == 1) return {};
  // No passphrase: none and an empty one are two things here.
  if (secret.empty() && PKCS12_verify_mac(file, nullptr, 0) == 1) return {};
  drain_errors();
  if (secret.empty())
    return core::fail(core::Code::crypto, "the PKCS#12 file needs a passphrase",
                      "give it with --passphrase-file FILE or --ask-passphrase");
  return core::fail(core::Code::crypto, "the passphrase does not fit the PKCS#12 file",
                    "or the file was changed: its MAC covers both");
}

core::Result<X509StackPtr> stack_of(const std::vector<Certificate>& chain) {
  X509StackPtr stack(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    X509Ptr certificate = WXSEC_TRY(to_x509(chain[i]));
    if (sk_X509_push(stack.get(), certificate.get()) > 0) certificate.release();
  }
  return stack;
}

bool is_text(std::string_view text) {
  return !text.empty() && text.find('\0') == std::string_view::npos &&
         core::escape_terminal(text).find("\\x") == std::string::npos;
}

core::Result<core::Secret> encoded(PKCS12* file) {
  unsigned char* der = nullptr;
  const int size = i2d_PKCS12(file, &der);
  if (size <= 0) return core::fail(openssl_error(core::Code::crypto, "cannot write PKCS#12"));
  core::Secret out(std::string(core::as_text({der, static_cast<std::size_t>(size)})));
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return out;
}

}  // namespace

// SEQUENCE { INTEGER 3, SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.7.{1,2} ...
bool looks_like_pkcs12(core::ByteView bytes) {
  wire::Reader in(bytes);
  const auto skip_header = [&in](std::uint8_t tag) {
    if (in.u8() != tag) return in.fail();
    const std::uint8_t length = in.u8();
    if (length > 0x80) in.skip(length & 0x7FU);
  };
  skip_header(0x30);
  const bool version_3 = in.u8() == 0x02 && in.u8() == 1 && in.u8() == 3;
  skip_header(0x30);
  return version_3 && in.ok() && in.peek() == 0x06;
}

core::Result<Pkcs12> parse_pkcs12(core::ByteView der, const core::Secret& passphrase) {
  const unsigned char* at = der.data();
  const Pkcs12Ptr file(d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
  if (!file) return damaged("it does not parse");
  if (at != der.data() + der.size()) return damaged("there are bytes behind it");
  Walk walk{passphrase};
  WXSEC_TRY(check_mac(file.get(), passphrase, walk));
  const SafesPtr safes(PKCS12_unpack_authsafes(file.get()));
  if (!safes) return damaged("its content does not parse");
  for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i)
    WXSEC_TRY(take_safe(sk_PKCS7_value(safes.get(), i), walk));
  return std::move(walk.found);
}

core::Result<core::Secret> make_pkcs12(const Key& key, const std::vector<Certificate>& chain,
                                       std::string_view friendly_name,
                                       const core::Secret& passphrase,
                                       Pkcs12Protection protection) {
  if (!is_text(passphrase.reveal()))
    return core::fail(core::Code::usage, "a PKCS#12 file needs a passphrase of printable text",
                      "give it with --passphrase-file FILE or --ask-passphrase");
  const X509Ptr leaf = WXSEC_TRY(to_x509(chain.front()));
  const X509StackPtr others = WXSEC_TRY(stack_of(chain));
  const bool strong = protection == Pkcs12Protection::strong;
  const int scheme = strong ? NID_aes_256_cbc : NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
  const int rounds = strong ? kStrongRounds : kWeakRounds;
  const std::string name(friendly_name);
  const char* const text = passphrase.reveal().data();  // a std::string inside: NUL-terminated
  constexpr int kNoMacYet = -1;
  const Pkcs12Ptr file(PKCS12_create(text, name.c_str(), key.native(), leaf.get(), others.get(),
                                     scheme, scheme, rounds, kNoMacYet, 0));
  if (!file || PKCS12_set_mac(file.get(), text, -1, nullptr, 16, rounds,
                              strong ? EVP_sha256() : EVP_sha1()) != 1)
    return core::fail(openssl_error(core::Code::crypto, "cannot make the PKCS#12 file"));
  return encoded(file.get());
}

}  // namespace wxsec::pki
