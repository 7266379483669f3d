// Keys come in five wrappings: PKCS#8 ("PRIVATE KEY"), the same encrypted ("ENCRYPTED PRIVATE
// KEY"), the older SEC1 ("EC PRIVATE KEY") and PKCS#1 ("RSA PRIVATE KEY"), these two perhaps
// encrypted by header lines, and bare DER of any of them. All end in OpenSSL's EVP_PKEY here. What
// we write is PKCS#8 alone; for the curves it is put together by hand, since OpenSSL 3.0's writer
// looks up an encoder each time, which costs more than making the key.
#include "lib/pki/key.h"

#include <fmt/core.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "lib/pki/der.h"
#include "lib/pki/derivation.h"
#include "lib/pki/openssl_ptr.h"
#include "lib/pki/pem.h"
#include "lib/pki/plain_certificate.h"
#include "lib/pki/plain_key.h"

namespace wxsec::pki {
namespace {

using ClearBignumPtr = Handle<BIGNUM, BN_clear_free>;
using Pkcs8Ptr = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedPtr = Handle<X509_SIG, X509_SIG_free>;

constexpr std::size_t kMaxKeyFile = 64 * 1024;

struct TypeRow {
  KeyType type;
  std::string_view text;
};
constexpr std::array<TypeRow, 7> kTypes{{{KeyType::p256, "P-256"},
                                         {KeyType::p384, "P-384"},
                                         {KeyType::ed25519, "Ed25519"},
                                         {KeyType::rsa1024, "RSA-1024"},
                                         {KeyType::rsa2048, "RSA-2048"},
                                         {KeyType::rsa3072, "RSA-3072"},
                                         {KeyType::rsa4096, "RSA-4096"}}};

// "RSA-2048" and "rsa2048" are the same.
std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '-') out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

core::Bytes generic_public_key(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  core::Bytes out;
  if (size > 0) out.assign(der, der + size);
  OPENSSL_free(der);
  return out;
}

// The curve's object identifiers, as in AlgorithmIdentifier (RFC 5480 2.1.1).
void write_curve(DerWriter& out, KeyKind kind) {
  const auto algorithm = out.open(kSequence);
  out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01});  // 1.2.840.10045.2.1 ecPublicKey
  if (kind == KeyKind::ec_p256) {
    out.object_id({0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07});  // prime256v1
  } else {
    out.object_id({0x2B, 0x81, 0x04, 0x00, 0x22});  // 1.3.132.0.34 secp384r1
  }
  out.close(algorithm);
}

// The uncompressed point; empty if the key gives another form.
core::Bytes curve_point(const EVP_PKEY* key, KeyKind kind) {
  core::Bytes point(133);
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                      &size) != 1)
    return {};
  point.resize(size);
  const std::size_t expected = kind == KeyKind::ec_p256 ? 65 : 97;
  if (size != expected || point[0] != 0x04) point.clear();
  return point;
}

bool is_hand_written(KeyKind kind) { return kind == KeyKind::ec_p256 || kind == KeyKind::ec_p384; }

void write_bit_string(DerWriter& out, core::ByteView bytes) {
  const auto mark = out.open(kBitString);
  out.byte(0);  // no unused bits
  out.raw(bytes);
  out.close(mark);
}

// SubjectPublicKeyInfo. RFC 5280 4.1.2.7.
core::Bytes public_key_of(EVP_PKEY* key, KeyKind kind) {
  const core::Bytes point = is_hand_written(kind) ? curve_point(key, kind) : core::Bytes();
  if (point.empty()) return generic_public_key(key);
  DerWriter out;
  const auto info = out.open(kSequence);
  write_curve(out, kind);
  write_bit_string(out, point);
  out.close(info);
  return out.take();
}

// PKCS#8 (RFC 5958) around an ECPrivateKey (RFC 5915). Empty where the point has another form.
core::Bytes curve_pkcs8(const EVP_PKEY* key, KeyKind kind) {
  const core::Bytes point = curve_point(key, kind);
  BIGNUM* number = nullptr;
  if (point.empty() || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
    return {};
  const ClearBignumPtr scalar(number);
  std::array<std::uint8_t, 48> bytes{};
  const std::size_t size = kind == KeyKind::ec_p256 ? 32 : 48;
  BN_bn2binpad(scalar.get(), bytes.data(), static_cast<int>(size));
  DerWriter out;
  out.reserve(256);  // enough for all: a growing vector would leave copies of the key behind
  const auto whole = out.open(kSequence);
  out.integer(0);
  write_curve(out, kind);
  const auto wrapped = out.open(kOctetString);
  const auto private_key = out.open(kSequence);
  out.integer(1);
  out.value(kOctetString, core::ByteView(bytes).first(size));
  const auto public_key = out.open(context_constructed(1));
  write_bit_string(out, point);
  out.close(public_key);
  out.close(private_key);
  out.close(wrapped);
  out.close(whole);
  core::wipe(bytes.data(), bytes.size());
  return out.take();
}

core::Secret generic_pem(const EVP_PKEY* key) {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key));
  unsigned char* der = nullptr;
  const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
  if (size <= 0) return {};
  core::Secret pem = encode_secret_pem("PRIVATE KEY", {der, static_cast<std::size_t>(size)});
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return pem;
}

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
  if (is_encrypted(*block) && passphrase.empty()) return needs_passphrase();
  WXSEC_TRY(check_cost(*block));
  core::Secret copy = passphrase.clone();
  PkeyPtr key(read_block(*block, copy));
  if (key) return key;
  if (is_encrypted(*block)) {
    drain_errors();
    return core::fail(core::Code::crypto, "the passphrase does not fit the private key", {});
  }
  return core::fail(openssl_error(core::Code::malformed, "the private key is damaged"));
}

EVP_PKEY* make_key(KeyType type) {
  switch (type) {
    case KeyType::p256: return EVP_EC_gen("P-256");
    case KeyType::p384: return EVP_EC_gen("P-384");
    case KeyType::ed25519: return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case KeyType::rsa1024: return EVP_RSA_gen(1024U);
    case KeyType::rsa2048: return EVP_RSA_gen(2048U);
    case KeyType::rsa3072: return EVP_RSA_gen(3072U);
    case KeyType::rsa4096: return EVP_RSA_gen(4096U);
  }
  return nullptr;
}

}  // namespace

std::string_view key_type_text(KeyType type) {
  for (const TypeRow& row : kTypes)
    if (row.type == type) return row.text;
  return "?";
}

core::Result<KeyType> parse_key_type(std::string_view text) {
  for (const TypeRow& row : kTypes)
    if (folded(row.text) == folded(text)) return row.type;
  return core::fail(core::Code::usage, fmt::format("'{}' is not a kind of key", text),
                    "one of P-256, P-384, Ed25519, RSA-2048, RSA-3072, RSA-4096");
}

KeyKind kind_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return KeyKind::rsa;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyKind::ed25519;
  if (EVP_PKEY_is_a(key, "EC") != 1) return KeyKind::other;
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return KeyKind::other;
  const std::string_view name(group.data(), size);
  if (name == "prime256v1") return KeyKind::ec_p256;
  if (name == "secp384r1") return KeyKind::ec_p384;
  return name == "secp521r1" ? KeyKind::ec_p521 : KeyKind::other;
}

std::string algorithm_text(const EVP_PKEY* key) {
  switch (kind_of(key)) {
    case KeyKind::ec_p256: return "P-256";
    case KeyKind::ec_p384: return "P-384";
    case KeyKind::ec_p521: return "P-521";
    case KeyKind::ed25519: return "Ed25519";
    case KeyKind::rsa: return "RSA";
    case KeyKind::other: break;
  }
  const char* const name = EVP_PKEY_get0_type_name(key);
  return name != nullptr ? name : "unknown";
}

void Key::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

core::Result<Key> Key::own(Pointer pointer) {
  Key key;
  key.key_ = std::move(pointer);
  key.kind_ = kind_of(key.key_.get());
  key.public_key_ = public_key_of(key.key_.get(), key.kind_);
  if (key.public_key_.empty())
    return core::fail(openssl_error(core::Code::malformed, "the private key has no public half"));
  return key;
}

core::Result<Key> Key::generate(KeyType type) {
  Pointer key(make_key(type));
  if (!key)
    return core::fail(openssl_error(core::Code::crypto,
                                    fmt::format("cannot make a {} key", key_type_text(type))));
  return own(std::move(key));
}

void KeyMaker::Free::operator()(evp_pkey_ctx_st* context) const { EVP_PKEY_CTX_free(context); }

core::Result<KeyMaker> KeyMaker::create(KeyType type) {
  KeyMaker maker;
  maker.type_ = type;
  if (type != KeyType::p256 && type != KeyType::p384) return maker;  // the key itself is the cost
  maker.context_.reset(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  const char* const curve = type == KeyType::p256 ? "P-256" : "P-384";
  if (maker.context_ && EVP_PKEY_keygen_init(maker.context_.get()) == 1 &&
      EVP_PKEY_CTX_set_group_name(maker.context_.get(), curve) == 1)
    return maker;
  return core::fail(openssl_error(core::Code::crypto, "cannot make keys"));
}

core::Result<Key> KeyMaker::make() const {
  if (!context_) return Key::generate(type_);
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_generate(context_.get(), &made) != 1)
    return core::fail(openssl_error(core::Code::crypto, "cannot make a key"));
  return Key::own(Key::Pointer(made));
}

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
  if (!key) return core::fail(core::with_context(key.error(), path.string()));
  return key;
}

core::Secret Key::to_pem() const {
  core::Bytes der = is_hand_written(kind_) ? curve_pkcs8(key_.get(), kind_) : core::Bytes();
  if (der.empty()) return generic_pem(key_.get());
  core::Secret pem = encode_secret_pem("PRIVATE KEY", der);
  core::wipe(der.data(), der.size());
  return pem;
}

core::Result<core::Secret> Key::to_encrypted_pem(const core::Secret& passphrase) const {
  // scrypt N=2^14, r=8, p=5: as hard as N=2^17, p=1, within OpenSSL's own memory limit.
  std::array<unsigned char, 16> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1)
    return core::fail(openssl_error(core::Code::crypto, "no random numbers"));
  const std::string_view secret = passphrase.reveal();
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key_.get()));
  X509_ALGOR* const scheme = PKCS5_pbe2_set_scrypt(
      EVP_aes_256_cbc(), salt.data(), static_cast<int>(salt.size()), nullptr, 1U << 14, 8, 5);
  const EncryptedPtr encrypted(
      info && scheme != nullptr
          ? PKCS8_set0_pbe(secret.data(), static_cast<int>(secret.size()), info.get(), scheme)
          : nullptr);
  unsigned char* der = nullptr;
  const int size = encrypted ? i2d_X509_SIG(encrypted.get(), &der) : 0;
  if (size <= 0)
    return core::fail(openssl_error(core::Code::crypto, "cannot encrypt the private key"));
  core::Secret pem =
      encode_secret_pem("ENCRYPTED PRIVATE KEY", {der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return pem;
}

bool Key::matches(const Certificate& certificate) const {
  const auto parts = split_certificate(certificate.der);
  if (parts && std::equal(parts->public_key.begin(), parts->public_key.end(), public_key_.begin(),
                          public_key_.end()))
    return true;  // the same bytes; others may still say the same
  const auto parsed = to_x509(certificate);
  if (!parsed) return false;
  const EVP_PKEY* const shown = X509_get0_pubkey(parsed->get());
  const bool same = shown != nullptr && EVP_PKEY_eq(shown, key_.get()) == 1;
  drain_errors();
  return same;
}

int Key::bits() const { return EVP_PKEY_get_bits(key_.get()); }

}  // namespace wxsec::pki
