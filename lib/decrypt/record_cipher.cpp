// From a secret to readable bytes.
//
// TLS 1.3: key and iv are HKDF-Expand-Label(secret, "key" / "iv"); the nonce is iv XOR the record's
// number; the record header is authenticated with it. The plaintext ends in its true type and
// zeros.
//
// TLS 1.2: PRF(master secret, "key expansion", server random + client random) gives MAC keys, keys
// and ivs of both sides in that order. GCM and CCM carry 8 bytes of the nonce in each record,
// ChaCha20 XORs as 1.3 does; of CBC see cbc.h.
//
// If a record does not verify, nothing is said about it: wrong key, lost record or forgery.
#include "lib/decrypt/record_cipher.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>

#include "lib/decrypt/cbc.h"
#include "lib/decrypt/suite.h"
#include "lib/wire/reader.h"
#include "lib/wire/writer.h"

namespace wxsec::decrypt {
namespace {

constexpr std::size_t kIvSize = 12;
constexpr std::uint8_t kApplicationData = 23;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using Kdf = std::unique_ptr<EVP_KDF, Deleter<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Deleter<EVP_KDF_CTX_free>>;

OSSL_PARAM octets(const char* name, core::ByteView bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()),
                                           bytes.size());
}
OSSL_PARAM text(const char* name, const char* value) {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0);
}

core::Bytes derive(const char* kdf_name, std::size_t size, const OSSL_PARAM* parameters) {
  const Kdf kdf(EVP_KDF_fetch(nullptr, kdf_name, nullptr));
  const KdfContext context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  core::Bytes out(size);
  if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) != 1) return {};
  return out;
}

// RFC 8446 7.1.
core::Bytes expand_label(const char* digest, core::ByteView secret, std::string_view label,
                         std::size_t size) {
  wire::Writer info;
  info.u16(static_cast<std::uint16_t>(size));
  info.u8(static_cast<std::uint8_t>(6 + label.size()));
  info.text("tls13 ");
  info.text(label);
  info.u8(0);
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode), text(OSSL_KDF_PARAM_DIGEST, digest),
      octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_INFO, info.view()),
      OSSL_PARAM_construct_end()};
  return derive("HKDF", size, parameters);
}

// RFC 5246 5 and 6.3; before 1.2 the PRF was MD5 and SHA-1 together (RFC 2246 5).
core::Bytes key_block(const char* digest, core::ByteView master, core::ByteView client_random,
                      core::ByteView server_random, std::size_t size) {
  wire::Writer seed;
  seed.text("key expansion");
  seed.bytes(server_random);
  seed.bytes(client_random);
  const OSSL_PARAM parameters[] = {
      text(OSSL_KDF_PARAM_DIGEST, digest), octets(OSSL_KDF_PARAM_SECRET, master),
      octets(OSSL_KDF_PARAM_SEED, seed.view()), OSSL_PARAM_construct_end()};
  return derive("TLS1-PRF", size, parameters);
}

std::size_t tag_size(Mode mode) { return mode == Mode::ccm8 ? 8 : 16; }

}  // namespace

struct RecordCipher::State {
  Suite suite;
  bool is_13 = false;
  core::Bytes secret;  // 1.3, for updates
  core::Bytes key;
  core::Bytes iv;  // CBC: of the next record in TLS 1.0, else empty
  CbcKeys cbc;
  std::uint64_t sequence = 0;

  core::Bytes nonce(core::ByteView explicit_part) const;
  core::Bytes additional_data(std::uint8_t type, std::uint16_t version, std::size_t body_size,
                              std::size_t plain_size) const;
  std::optional<core::Bytes> open_aead(core::ByteView nonce, core::ByteView aad,
                                       core::ByteView sealed) const;
  std::optional<core::Bytes> open_cbc(std::uint8_t type, std::uint16_t version,
                                      core::ByteView body);
  void pass_cbc(core::ByteView body);
  bool set_13(core::ByteView traffic_secret);
};

core::Bytes RecordCipher::State::nonce(core::ByteView explicit_part) const {
  core::Bytes out = iv;
  if (!explicit_part.empty()) {
    out.insert(out.end(), explicit_part.begin(), explicit_part.end());
    return out;
  }
  for (std::size_t i = 0; i < 8 && i < out.size(); ++i)
    out[out.size() - 1 - i] ^= static_cast<std::uint8_t>((sequence >> (8 * i)) & 0xFF);
  return out;
}

core::Bytes RecordCipher::State::additional_data(std::uint8_t type, std::uint16_t version,
                                                 std::size_t body_size,
                                                 std::size_t plain_size) const {
  wire::Writer out;
  if (!is_13) out.u64(sequence);
  out.u8(type);
  out.u16(version);
  out.u16(static_cast<std::uint16_t>(is_13 ? body_size : plain_size));
  return out.take();
}

std::optional<core::Bytes> RecordCipher::State::open_aead(core::ByteView the_nonce,
                                                          core::ByteView aad,
                                                          core::ByteView sealed) const {
  const std::size_t tag = tag_size(suite.mode);
  if (sealed.size() < tag) return std::nullopt;
  const core::ByteView text = sealed.first(sealed.size() - tag);
  const core::ByteView tag_bytes = sealed.subspan(text.size());
  const bool ccm = suite.mode == Mode::ccm || suite.mode == Mode::ccm8;
  const CipherContext context(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* const cipher = EVP_get_cipherbyname(suite.cipher);
  EVP_CIPHER_CTX* const c = context.get();
  core::Bytes out(text.size() + 16);
  int length = 0;
  const int text_size = static_cast<int>(text.size());
  if (cipher == nullptr || EVP_DecryptInit_ex(c, cipher, nullptr, nullptr, nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(the_nonce.size()),
                          nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag),
                          const_cast<std::uint8_t*>(tag_bytes.data())) != 1 ||
      EVP_DecryptInit_ex(c, nullptr, nullptr, key.data(), the_nonce.data()) != 1 ||
      (ccm && EVP_DecryptUpdate(c, nullptr, &length, nullptr, text_size) != 1) ||
      EVP_DecryptUpdate(c, nullptr, &length, aad.data(), static_cast<int>(aad.size())) != 1 ||
      EVP_DecryptUpdate(c, out.data(), &length, text.data(), text_size) != 1)
    return std::nullopt;
  int last = 0;
  if (!ccm && EVP_DecryptFinal_ex(c, out.data() + length, &last) != 1) return std::nullopt;
  out.resize(static_cast<std::size_t>(length + last));
  return out;
}

std::optional<core::Bytes> RecordCipher::State::open_cbc(std::uint8_t type, std::uint16_t version,
                                                         core::ByteView body) {
  auto out = decrypt::open_cbc(cbc, {sequence, type, version, iv, body});
  if (out) pass_cbc(body);
  return out;
}

// RFC 2246 6.2.3.2: the last block of a record is the iv of the next.
void RecordCipher::State::pass_cbc(core::ByteView body) {
  const std::size_t mac = cbc.encrypt_then_mac ? cbc.mac_key.size() : 0;
  if (iv.empty() || body.size() < kCbcBlock + mac) return;
  body = body.first(body.size() - mac);
  iv = core::to_bytes(body.subspan(body.size() - kCbcBlock));
}

bool RecordCipher::State::set_13(core::ByteView traffic_secret) {
  secret = core::to_bytes(traffic_secret);
  key = expand_label(suite.digest, traffic_secret, "key", suite.key_size);
  iv = expand_label(suite.digest, traffic_secret, "iv", kIvSize);
  sequence = 0;
  return !key.empty() && !iv.empty();
}

RecordCipher::RecordCipher(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordCipher::RecordCipher(RecordCipher&&) noexcept = default;
RecordCipher& RecordCipher::operator=(RecordCipher&&) noexcept = default;
RecordCipher::~RecordCipher() = default;

std::optional<RecordCipher> RecordCipher::tls13(std::string_view suite_name,
                                                core::ByteView traffic_secret) {
  const auto suite = find_suite(suite_name);
  if (!suite || suite->mode == Mode::cbc) return std::nullopt;
  auto state = std::make_unique<State>();
  state->suite = *suite;
  state->is_13 = true;
  if (!state->set_13(traffic_secret)) return std::nullopt;
  return RecordCipher(std::move(state));
}

std::optional<core::Bytes> RecordCipher::open(std::uint8_t type, std::uint16_t version,
                                              core::ByteView body, std::uint8_t& inner_type) {
  State& s = *state_;
  inner_type = type;
  std::optional<core::Bytes> out;
  if (s.suite.mode == Mode::cbc) {
    out = s.open_cbc(type, version, body);
  } else {
    const bool carries_nonce = !s.is_13 && s.suite.mode != Mode::chacha;
    const std::size_t explicit_size = carries_nonce ? 8 : 0;
    const std::size_t overhead = explicit_size + tag_size(s.suite.mode);
    if (body.size() < overhead) return std::nullopt;
    out = s.open_aead(s.nonce(body.first(explicit_size)),
                      s.additional_data(type, version, body.size(), body.size() - overhead),
                      body.subspan(explicit_size));
  }
  if (!out) return std::nullopt;
  ++s.sequence;
  if (s.is_13 && type == kApplicationData) {
    while (!out->empty() && out->back() == 0) out->pop_back();
    if (out->empty()) return std::nullopt;
    inner_type = out->back();
    out->pop_back();
  }
  return out;
}

void RecordCipher::skip(std::uint64_t records) { state_->sequence += records; }

void RecordCipher::pass(core::ByteView body) {
  if (state_->suite.mode == Mode::cbc) state_->pass_cbc(body);
}

bool RecordCipher::update() {
  if (!state_->is_13) return false;
  const core::Bytes next =
      expand_label(state_->suite.digest, state_->secret, "traffic upd", state_->secret.size());
  return !next.empty() && state_->set_13(next);
}

Tls12Keys Tls12Keys::derive(std::uint16_t version, std::string_view suite_name,
                            core::ByteView master_secret, core::ByteView client_random,
                            core::ByteView server_random, bool encrypt_then_mac) {
  Tls12Keys keys;
  const auto suite = find_suite(suite_name);
  if (!suite) return keys;
  const bool cbc = suite->mode == Mode::cbc;
  const bool old = version < 0x0303;
  const std::size_t iv_size = cbc                           ? (version < 0x0302 ? 16 : 0)
                              : suite->mode == Mode::chacha ? kIvSize
                                                            : 4;
  const std::size_t size = 2 * (suite->mac_size + suite->key_size + iv_size);
  const core::Bytes block = key_block(old ? "MD5-SHA1" : suite->digest, master_secret,
                                      client_random, server_random, size);
  if (block.empty()) return keys;
  wire::Reader in(block);
  const core::ByteView client_mac = in.bytes(suite->mac_size);
  const core::ByteView server_mac = in.bytes(suite->mac_size);
  const auto make = [&](core::ByteView mac_key, core::ByteView key) {
    auto state = std::make_unique<RecordCipher::State>();
    state->suite = *suite;
    state->key = core::to_bytes(key);
    state->cbc = {suite->cipher, state->key, core::to_bytes(mac_key), encrypt_then_mac};
    return state;
  };
  auto client = make(client_mac, in.bytes(suite->key_size));
  auto server = make(server_mac, in.bytes(suite->key_size));
  client->iv = core::to_bytes(in.bytes(iv_size));
  server->iv = core::to_bytes(in.bytes(iv_size));
  keys.client = RecordCipher(std::move(client));
  keys.server = RecordCipher(std::move(server));
  return keys;
}

}  // namespace wxsec::decrypt
